import { z } from "zod";
import { minutes } from "../lib/durations.ts";
import type { SecretRef } from "../sdk/options.ts";
import type { Found } from "./gather.ts";
import { isRecord, NAME, NAME_HINT } from "./host-range.ts";
import { describe } from "./option-values.ts";
import { type DeviceReader, noteSecret, readDevice } from "./read-device.ts";
import { inside, readValue, report, type Spot } from "./read-value.ts";
import { duration, name, one, reading, text } from "./schema-values.ts";
import type { DialInEntry, Grant } from "./site-config.ts";

const NUMBER = /^(?=.*\d)[0-9*#+(),. /-]{3,40}$/;

const number = reading('a telephone number such as "+32 2 555 01 42"', (value) =>
  typeof value === "string" && NUMBER.test(value) ? value : undefined,
);
const NAMED_SECRET = /^secret:(\S{1,128})$/;
// Its wording does not show what was found: it may be the passphrase itself.
const secret = z.unknown().transform((value, context): SecretRef => {
  const named = typeof value === "string" ? NAMED_SECRET.exec(value)?.[1] : undefined;
  if (named !== undefined) return { secret: named };
  context.addIssue(
    "expected secret:NAME; the passphrase itself stands in the folder of credentials",
  );
  return z.NEVER;
});

const schema = z.strictObject({
  callers: z.union([z.literal("any"), z.array(number).nonempty()], {
    error: 'expected "any", or a list of the numbers that are answered',
  }),
  people: z.record(name, z.strictObject({ passphrase: secret, "dial-back": number.optional() })),
  init: z.array(text).optional(),
  idle: duration.optional(),
  carrier: one(["auto", "dcd", "text"]).optional(),
  "escape-guard": duration.optional(),
});

/** Modems that answer calls. Without grants whoever calls could do all: then it is refused. */
export async function readDialIns(
  reader: DeviceReader,
  found: ReadonlyMap<string, Found>,
  grants: readonly Grant[],
): Promise<DialInEntry[]> {
  const entries: DialInEntry[] = [];
  for (const [called, { value, spot }] of found) {
    const { problems } = reader;
    if (!NAME.test(called))
      report(problems, spot, `"${called}" is no name for a modem`, { at: "key", hint: NAME_HINT });
    if (!isRecord(value)) {
      report(problems, spot, `expected a mapping with "modem", got ${describe(value)}`);
      continue;
    }
    const { modem: way, ...rest } = value;
    if (way === undefined) report(problems, spot, '"modem" is missing', { at: "key" });
    const modem =
      way === undefined
        ? undefined
        : await readDevice(reader, "console", way, inside(spot, "modem"), 1);
    hidePassphrases(reader, rest.people, inside(spot, "people"));
    const given = readValue(schema, rest, spot, problems);
    if (!modem || !given) continue;
    checkPeople(reader, given.people, grants, spot);
    entries.push({
      name: called,
      modem,
      init: given.init,
      callers: given.callers,
      people: Object.entries(given.people).map(([who, known]) => ({
        who,
        passphrase: known.passphrase,
        dialBack: known["dial-back"],
      })),
      idle: given.idle ?? minutes(5),
      carrier: given.carrier ?? "auto",
      guard: given["escape-guard"] ?? 1200,
    });
  }
  return entries;
}

/** What stands where `secret:NAME` belongs may be the secret itself. */
function hidePassphrases({ problems }: DeviceReader, people: unknown, spot: Spot): void {
  if (!isRecord(people)) return;
  for (const [who, known] of Object.entries(people)) {
    const given = isRecord(known) ? known.passphrase : known;
    if (typeof given === "string" && NAMED_SECRET.test(given)) continue;
    problems.hide(spot.file.piecesOf([...spot.path, who]));
  }
}

function checkPeople(
  { problems, secrets }: DeviceReader,
  people: z.output<typeof schema>["people"],
  grants: readonly Grant[],
  spot: Spot,
): void {
  const place = inside(spot, "people");
  if (Object.keys(people).length === 0)
    report(problems, place, "nobody may call in: name at least one person");
  for (const [who, { passphrase }] of Object.entries(people)) {
    noteSecret(secrets, passphrase.secret, inside(inside(place, who), "passphrase"));
    if (grants.some((grant) => grant.who === who || grant.who === "*")) continue;
    report(problems, inside(place, who), `"${who}" is granted nothing`, {
      at: "key",
      hint: `A caller may do what is granted, no more: grants: [{ who: ${who}, may: [status, attach], on: ["web*"] }]`,
    });
  }
}
