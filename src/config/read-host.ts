import type { Millis } from "../lib/clock.ts";
import { nameHint } from "../lib/nearest.ts";
import { bareHost } from "./bare-config.ts";
import { expandRange, isRecord, NAME, NAME_HINT, substitute } from "./host-range.ts";
import { takeOnDemand } from "./on-demand.ts";
import { describe } from "./option-values.ts";
import type { Problems } from "./problems.ts";
import { type DeviceReader, noteSecret, readDevice } from "./read-device.ts";
import { type Plans, readHostSchedule } from "./read-schedule.ts";
import { inside, readValue, report, type Spot } from "./read-value.ts";
import { hostSchema, outletsSchema, type RawWatch, type Section, watchSchema } from "./schema.ts";
import type { HostEntry, OutletEntry, WatchPolicy } from "./site-config.ts";
import { WATCH_PRESETS, type WatchPreset } from "./watch-policy.ts";

/** What hosts are read with: devices, what stands in `defaults`, and the PDUs that exist. */
export interface HostReader extends DeviceReader {
  readonly defaults: Section<"defaults">;
  readonly defaultsSpot: Spot | undefined;
  readonly defaultWatch: RawWatch;
  readonly pdus: readonly string[];
  /** Names of all runbooks that there are. */
  readonly runbooks: readonly string[];
  /** What hosts say themselves of what runs there by itself; filled as they are read. */
  readonly schedules: Map<string, Plans>;
}

/** Keys of a host that are not read by its schema. */
const ELSEWHERE = ["console", "outlets", "watch", "schedule"];

/** Reads one entry under `hosts:`, which may be a range. */
export async function readHosts(
  reader: HostReader,
  key: string,
  value: unknown,
  spot: Spot,
): Promise<readonly HostEntry[]> {
  const members = expandRange(key);
  if (typeof members === "string") {
    report(reader.problems, spot, members, { at: "key" });
    return [];
  }
  const hosts: HostEntry[] = [];
  for (const { name, n } of members) {
    const place: Spot = { ...spot, shown: ["hosts", name] };
    if (!NAME.test(name)) {
      report(reader.problems, place, `"${name}" is no host name`, {
        at: "key",
        hint: NAME_HINT,
      });
    }
    const before = reader.problems.errors;
    const host = await readHost(reader, name, substitute(value, n), place);
    if (host) hosts.push(host);
    // The members of a range differ in a number: what is wrong with one is wrong with all.
    if (reader.problems.errors > before) break;
  }
  return hosts;
}

async function readHost(
  reader: HostReader,
  name: string,
  value: unknown,
  spot: Spot,
): Promise<HostEntry | undefined> {
  const { problems, defaults } = reader;
  if (!isRecord(value)) {
    report(problems, spot, `expected a mapping, got ${describe(value)}`);
    return undefined;
  }
  const before = problems.errors;
  // Console, outlets and watch are looked at even where other keys are wrong: all problems in one go.
  const { console: given, outlets: texts, watch, schedule, ...rest } = value;
  const raw = readValue(hostSchema, rest, spot, problems, ELSEWHERE);
  reader.schedules.set(
    name,
    readHostSchedule(schedule, inside(spot, "schedule"), problems, reader.runbooks),
  );
  if (given === undefined)
    report(problems, inside(spot, "console"), '"console" is missing', { at: "key" });
  const { rest: way, ...demand } = takeOnDemand(given, inside(spot, "console"), problems);
  const console =
    given === undefined
      ? undefined
      : await readDevice(reader, "console", way, inside(spot, "console"));
  const outlets = readOutlets(reader, texts, inside(spot, "outlets"));
  const own = readWatch(watch, inside(spot, "watch"), problems);
  const login = readLogin(reader, raw?.login, spot);
  if (!raw || !console || !own || problems.errors > before) return undefined;
  const base = bareHost(name, { ...console, ...demand });
  const onDetach = raw["on-detach"] ?? defaults["on-detach"];
  const entry: HostEntry = {
    ...base,
    outlets,
    os: raw.os ?? defaults.os ?? base.os,
    watch: watchPolicy(reader.defaultWatch, own),
    ...(login ? { login } : {}),
    ...(raw.grub ? { grub: readGrub(reader, raw.grub, spot) } : {}),
    precious: raw.precious ?? false,
    offFor: raw["off-for"] ?? defaults["off-for"] ?? base.offFor,
    encoding: raw.encoding ?? defaults.encoding ?? base.encoding,
    breakMs: raw.break ?? defaults.break ?? base.breakMs,
    ...(onDetach ? { onDetach } : {}),
    needs: raw.needs ?? [],
    ...said({
      hostname: raw.hostname,
      after: raw.after,
      shutdown: raw.shutdown,
      notify: raw.notify,
    }),
  };
  return withTwoPersons(entry, raw["two-person"]);
}

/** Nothing acts there by itself: where it would, people are asked. And it is precious, whatever else is said. */
const withTwoPersons = (entry: HostEntry, twoPerson: Millis | undefined): HostEntry => {
  if (!twoPerson) return entry;
  const { watch } = entry;
  const mode = watch.mode === "act" ? "ask" : watch.mode;
  return { ...entry, twoPerson, precious: true, watch: { ...watch, mode } };
};

/** Only what was said. */
function said<T extends object>(given: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: NonNullable<T[K]> };
}

/** The host's own login, or that of `defaults`. */
function readLogin(
  { defaults, defaultsSpot, secrets }: HostReader,
  own: HostEntry["login"],
  spot: Spot,
) {
  const login = own ?? defaults.login;
  if (!login) return undefined;
  const secret = login.secret.replace(/^secret:/, "");
  noteSecret(secrets, secret, inside(own ? spot : (defaultsSpot ?? spot), "login", "secret"));
  return { ...login, secret };
}

function readGrub({ secrets }: HostReader, grub: NonNullable<HostEntry["grub"]>, spot: Spot) {
  const secret = grub.secret.replace(/^secret:/, "");
  noteSecret(secrets, secret, inside(spot, "grub", "secret"));
  return { ...grub, secret };
}

function readOutlets(reader: HostReader, given: unknown, spot: Spot): OutletEntry[] {
  const outlets: OutletEntry[] = [];
  const texts = given === undefined ? [] : readValue(outletsSchema, given, spot, reader.problems);
  if (texts === undefined) return outlets;
  for (const [i, text] of texts.entries()) {
    const place = inside(spot, i);
    const [, pdu, reference] = /^([^/]+)\/(.+)$/.exec(text) ?? [];
    if (pdu === undefined || reference === undefined) {
      const near = reader.pdus.includes(text)
        ? `Name the outlet too: "${text}/1"`
        : nameHint(text, reader.pdus);
      report(reader.problems, place, `expected "pdu/outlet", got "${text}"`, { hint: near });
    } else if (!reader.pdus.includes(pdu)) {
      report(reader.problems, place, `there is no PDU "${pdu}"`, {
        hint: nameHint(pdu, reader.pdus),
      });
    } else if (outlets.some((one) => one.pdu === pdu && one.reference === reference)) {
      report(reader.problems, place, `outlet "${text}" is listed twice`);
    } else outlets.push({ pdu, reference });
  }
  return outlets;
}

/** Reads `watch: act`, or the mapping form. */
export function readWatch(value: unknown, spot: Spot, problems: Problems): RawWatch | undefined {
  if (value === undefined) return {};
  // YAML 1.2 keeps `off` a word, but people who quote nothing also write `false`.
  const mode = value === false ? "off" : value;
  if (typeof mode !== "string") return readValue(watchSchema, mode, spot, problems);
  if (Object.hasOwn(WATCH_PRESETS, mode)) return { mode: mode as WatchPreset };
  const names = Object.keys(WATCH_PRESETS);
  report(
    problems,
    spot,
    `expected one of ${names.join(", ")}, or a mapping, got ${describe(value)}`,
    {
      hint: nameHint(mode, names),
    },
  );
  return undefined;
}

/** The preset of the mode, then what `defaults` says, then what the host says. */
export function watchPolicy(defaults: RawWatch, own: RawWatch): WatchPolicy {
  const preset = WATCH_PRESETS[own.mode ?? defaults.mode ?? "observe"];
  const said = { ...defaults, ...own };
  return {
    mode: preset.mode,
    ladder: said.ladder ?? preset.ladder,
    confirmFor: said["confirm-for"] ?? preset.confirmFor,
    ...silenceOf(said.silence ?? preset.silence),
    handsOff: said["hands-off"] ?? preset.handsOff,
    bootWithin: said["boot-within"] ?? preset.bootWithin,
    budget: said.budget ?? preset.budget,
    ...coolDownOf(said["cool-down"] ?? preset.coolDown),
    ...(said["always-on"] === true && { alwaysOn: true }),
    ...collectOf(said.collect ?? preset.collect),
    sysrq: said.sysrq ?? preset.sysrq,
    ...(said.ping !== undefined && { ping: said.ping }),
    quiet: said.quiet ?? preset.quiet,
  };
}

const coolDownOf = (said: Millis | undefined): Pick<WatchPolicy, "coolDown"> =>
  said === undefined ? {} : { coolDown: said };

const collectOf = (said: Millis | undefined): Pick<WatchPolicy, "collect"> =>
  said === undefined ? {} : { collect: said };

const silenceOf = (said: Millis | "habit"): Pick<WatchPolicy, "silence" | "byHabit"> =>
  said === "habit" ? { silence: 0, byHabit: true } : { silence: said };
