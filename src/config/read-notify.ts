import { z } from "zod";
import { messageOf, OobError } from "../lib/errors.ts";
import { expandHosts, type HostGroups } from "../lib/host-list.ts";
import { SEVERITIES } from "../sdk/notify/alert.ts";
import type { Found } from "./gather.ts";
import { isRecord, NAME, NAME_HINT } from "./host-range.ts";
import { describe } from "./option-values.ts";
import { type DeviceReader, readDevice } from "./read-device.ts";
import { inside, readValue, report, type Spot } from "./read-value.ts";
import { duration, listOf, one, quiet, text, whole } from "./schema-values.ts";
import type { NotifyEntry } from "./site-config.ts";

/** Messages in ten minutes, where the entry says nothing: a storm is told as one. */
const LIMIT = 20;

const OURS = ["severity", "hosts", "quiet", "fallback", "limit", "link"] as const;
const schema = z.strictObject({
  severity: one(SEVERITIES).optional(),
  hosts: listOf(text).optional(),
  quiet: listOf(quiet).optional(),
  fallback: duration.optional(),
  limit: whole(1, 1000).optional(),
  link: one(["view", "answer", "none"]).optional(),
});

/** What the rest of the configuration has. */
interface Known {
  readonly hosts: readonly string[];
  readonly groups: HostGroups;
  /** There is a page that links could lead to. */
  readonly web: boolean;
}

/** Reads `notify:`, the channels of alerts: what is ours of each entry, and what its driver declares. */
export async function readNotify(
  reader: DeviceReader,
  found: ReadonlyMap<string, Found>,
  known: Known,
): Promise<Map<string, NotifyEntry>> {
  const { problems } = reader;
  const entries = new Map<string, NotifyEntry>();
  for (const [name, { value, spot }] of found) {
    if (!NAME.test(name))
      report(problems, spot, `"${name}" is no name for a channel`, { at: "key", hint: NAME_HINT });
    if (!isRecord(value)) {
      report(problems, spot, `expected a mapping with "driver", got ${describe(value)}`);
      continue;
    }
    const isOurs = ([key]: [string, unknown]) => OURS.some((ours) => ours === key);
    const all = Object.entries(value);
    const given = readValue(schema, Object.fromEntries(all.filter(isOurs)), spot, problems);
    const rest = Object.fromEntries(all.filter((entry) => !isOurs(entry)));
    const device = await readDevice(reader, "notify", rest, spot);
    const hosts = given?.hosts && hostsOf(given.hosts, known, inside(spot, "hosts"), reader);
    checkLink(given?.link, known, inside(spot, "link"), reader);
    if (!device || !given) continue;
    entries.set(name, {
      device,
      severity: given.severity ?? "warning",
      ...(hosts && { hosts }),
      quiet: given.quiet ?? [],
      ...(given.fallback !== undefined && { fallback: given.fallback }),
      limit: given.limit ?? LIMIT,
      ...(given.link && { link: given.link }),
    });
  }
  return entries;
}

function hostsOf(
  words: readonly string[],
  { hosts, groups }: Known,
  spot: Spot,
  { problems }: Pick<DeviceReader, "problems">,
): readonly string[] {
  try {
    return expandHosts(words, hosts, groups);
  } catch (thrown) {
    const hint = thrown instanceof OobError ? thrown.hint : undefined;
    report(problems, spot, messageOf(thrown), { hint });
    return [];
  }
}

/** Who asks for links has to say where they lead. */
function checkLink(
  link: NotifyEntry["link"],
  { web }: Known,
  spot: Spot,
  { problems }: Pick<DeviceReader, "problems">,
): void {
  if (link === undefined || link === "none" || web) return;
  report(problems, spot, 'no link can be sent: there is no "web:"', {
    hint: 'Add web: { listen: "127.0.0.1:8470", url: "https://oob.example.org/" }',
  });
}
