import { z } from "zod";
import { nameHint } from "../lib/nearest.ts";
import type { SecretRef } from "../sdk/options.ts";
import type { Found } from "./gather.ts";
import { isRecord } from "./host-range.ts";
import { type DeviceReader, noteSecret } from "./read-device.ts";
import { inside, report, type Spot } from "./read-value.ts";
import { duration, listOf, name, reading, whole } from "./schema-values.ts";
import type { LoadPolicy, TrapPolicy } from "./site-config.ts";

/** Small agents are slow, and a history needs no more. */
const SHORTEST = 5000;

const pace = duration.refine((every) => every === 0 || every >= SHORTEST, {
  error: "expected at least 5s, or 0s for never",
});
const amperes = reading("amperes, as 10 or 2.5", (value) =>
  typeof value === "number" && value > 0 && value <= 1000 ? value : undefined,
);

/** `load:`, what outlets draw. */
export const loadSchema = z.strictObject({
  every: pace.optional(),
  "keep-days": whole(1, 3650).optional(),
  pdus: listOf(name).optional(),
  ratings: z.record(z.string(), amperes).optional(),
});

const LISTEN = /^(?:\[([0-9a-f:.%]{2,60})\]|([0-9.]{7,15})):(\d{1,5})$/i;
const listen = reading('an address and a port such as "10.9.0.1:1162"', (value) => {
  const [, six, four, digits] = typeof value === "string" ? (LISTEN.exec(value) ?? []) : [];
  const address = six ?? four;
  const port = Number(digits);
  return address !== undefined && port > 0 && port < 65_536 ? { address, port } : undefined;
});
// Its wording does not show what was found: it may be the community itself.
const community = z.unknown().transform((value, context): SecretRef => {
  const named = typeof value === "string" ? /^secret:(\S{1,128})$/.exec(value)?.[1] : undefined;
  if (named !== undefined) return { secret: named };
  context.addIssue("expected secret:NAME; the value itself stands in the folder of credentials");
  return z.NEVER;
});

/** `traps:`, where SNMP traps arrive. */
export const trapsSchema = z.strictObject({ listen, community: community.optional() });

/** Notes names of PDUs under `load:` that stand nowhere else. */
export function checkLoad(
  { pdus, ratings }: LoadPolicy,
  reader: Pick<DeviceReader, "problems"> & { readonly pdus: readonly string[] },
  spot: Spot | undefined,
): void {
  if (spot === undefined) return;
  const look = (pdu: string, place: Spot) => {
    if (!reader.pdus.includes(pdu))
      report(reader.problems, place, `there is no PDU "${pdu}"`, {
        hint: nameHint(pdu, reader.pdus),
      });
  };
  for (const pdu of pdus ?? []) look(pdu, inside(spot, "pdus"));
  for (const key of ratings.keys()) look(key.split("/")[0] ?? "", inside(spot, "ratings", key));
}

/** Notes where the community of traps is named, and hides what may be one. */
export function noteCommunity(
  traps: TrapPolicy | undefined,
  { problems, secrets }: Pick<DeviceReader, "problems" | "secrets">,
  found: Found | undefined,
): void {
  if (found === undefined) return;
  const { spot, value } = found;
  for (const [key, given] of Object.entries(isRecord(value) ? value : {}))
    if (key !== "listen" && !(typeof given === "string" && given.startsWith("secret:")))
      problems.hide(spot.file.piecesOf([...spot.path, key]));
  noteSecret(secrets, traps?.community?.secret, inside(spot, "community"));
}
