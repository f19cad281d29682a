import { z } from "zod";
import type { SecretRef } from "../sdk/options.ts";
import { duration, listOf, name, reading, whole } from "./schema-values.ts";
import type { Rating } from "./site-config.ts";

/** Small agents are slow, and a history needs no more. */
const SHORTEST = 5000;

const pace = duration.refine((every) => every === 0 || every >= SHORTEST, {
  error: "expected at least 5s, or 0s for never",
});
const MOST = { A: 1000, W: 1_000_000 } as const;
const rating = reading('a rating such as 10, "10A" or "2300W"', (value): Rating | undefined => {
  const text = typeof value === "number" ? `${value}A` : value;
  const [, amount, unit] =
    typeof text === "string" ? (/^([\d.]{1,9}) ?([AW])$/.exec(text) ?? []) : [];
  const number = Number(amount);
  if (!(number > 0) || (unit !== "A" && unit !== "W") || number > MOST[unit]) return undefined;
  return unit === "A" ? { amps: number } : { watts: number };
});

/** `load:`, what outlets draw. */
export const loadSchema = z.strictObject({
  every: pace.optional(),
  "keep-days": whole(1, 3650).optional(),
  pdus: listOf(name).optional(),
  ratings: z.record(z.string(), rating).optional(),
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
