import { nameHint } from "../lib/nearest.ts";
import type { Found } from "./gather.ts";
import { isRecord } from "./host-range.ts";
import { type DeviceReader, noteSecret } from "./read-device.ts";
import { inside, report, type Spot } from "./read-value.ts";
import type { LoadPolicy, TrapPolicy } from "./site-config.ts";

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
