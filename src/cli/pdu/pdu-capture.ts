import type { CapturedPdu } from "../../daemon/offline.ts";
import type { Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { Call } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";
import { keepFile, refuseExisting } from "../new-file.ts";
import { type LoginOptions, loginOf } from "./pdu-login.ts";
import { shownName } from "./pdu-reading.ts";

/** Options of `oob pdu capture`. */
export interface CaptureOptions extends LoginOptions {
  readonly output?: string;
  readonly force?: boolean;
}

const SAY_EVERY: Millis = 3000;
/** Readable by whoever made it: what was overlooked is overlooked by one person only. */
const OWN_FILE = 0o600;

/** `oob pdu capture`: a recording of a device, scrubbed, to send with a report. */
export async function recordPdu(
  call: Call<CaptureOptions>,
  words: readonly string[],
): Promise<number> {
  const { out, options, context, interrupt } = call;
  const [pdu = "", ...more] = words;
  const { output: to = "", force = false } = options;
  if (pdu === "" || more.length > 0)
    throw new OobError("USAGE", "Cannot record without one PDU", {
      hint: "oob pdu capture 10.0.0.5 -o pdu.snmprec",
    });
  if (to === "")
    throw new OobError("USAGE", "Cannot record: no file is named", { hint: "Give -o FILE" });
  await refuseExisting(to, force);
  const { pduProbe } = await import("../../daemon/offline.ts");
  const { capturePdu } = await pduProbe();
  const { clock, env } = context;
  let said = clock.monotonic();
  const captured = await capturePdu(pdu, loginOf(options), {
    ...{ config: options.config, env, clock, signal: interrupt.signal },
    onProgress(subtree, objects) {
      if (clock.monotonic() - said < SAY_EVERY) return;
      said = clock.monotonic();
      out.talk({ text: `${objects} objects so far, now in ${subtree}`, style: "dim" });
    },
  });
  await keepFile(to, captured.text, force, OWN_FILE);
  const { text, ...facts } = captured;
  if (options.json) out.json({ v: JSON_VERSION, file: to, bytes: text.length, ...facts });
  else tell(call, pdu, to, captured);
  return captured.cut === undefined ? EXIT.done : EXIT.failed;
}

function tell({ out }: Call<CaptureOptions>, pdu: string, to: string, captured: CapturedPdu): void {
  const { objects, text, family, cut, replaced } = captured;
  const is = family === undefined ? "none of our families" : `family ${family}`;
  out.line(`${shownName(pdu)}: ${objects} objects (${text.length} bytes), ${is}, in ${to}`);
  const kinds = Object.entries(replaced).map(([kind, count]) => `${kind} ${count}`);
  out.talk(`replaced: ${kinds.join(", ") || "nothing"}`);
  out.talk(
    "     Communities, users, passwords, addresses, names, contact, location and serial numbers are replaced, and any",
  );
  out.talk(
    "     text that is not plainly harmless. Numbers are as they were. Look through it before you send it",
  );
  if (cut !== undefined) out.talk({ text: `It is not the whole device: ${cut}`, style: "yellow" });
}
