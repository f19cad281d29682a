import type { ScannedAddress } from "../../daemon/offline.ts";
import type { Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { Call } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";
import type { Output } from "../output.ts";
import type { Piece } from "../piece.ts";
import { type LoginOptions, loginOf, loginWords, triedLogin } from "./pdu-login.ts";

/** How often somebody at a terminal is told how far it is. */
const SAY_EVERY: Millis = 2000;
/** Silent addresses that are named. */
const NAMED = 12;

/** `oob pdu scan`: who answers at these addresses, and what it is. */
export async function scanForPdus(
  call: Call<LoginOptions>,
  words: readonly string[],
): Promise<number> {
  const { out, options, context, interrupt } = call;
  if (words.length === 0)
    throw new OobError("USAGE", "Cannot scan: no address is given", {
      hint: "oob pdu scan 10.0.0.0/28",
    });
  const { pduProbe } = await import("../../daemon/offline.ts");
  const { scanPdus } = await pduProbe();
  const { clock, env } = context;
  let said = clock.monotonic();
  const found = await scanPdus(words, loginOf(options), {
    ...{ config: options.config, env, clock, signal: interrupt.signal },
    onFound(done, of) {
      if (clock.monotonic() - said < SAY_EVERY) return;
      said = clock.monotonic();
      out.talk({ text: `${done} of ${of} addresses asked`, style: "dim" });
    },
  });
  if (options.json) out.json({ v: JSON_VERSION, devices: found.map(deviceView) });
  else print(out, found, options);
  if (found.some(({ answer }) => answer === "pdu")) return EXIT.done;
  return found.every(({ answer }) => answer === "none") ? EXIT.timedOut : EXIT.failed;
}

function deviceView({ single, host, port, ...found }: ScannedAddress): object {
  return { address: host, port, ...(found.answer === "none" && { single }), ...found };
}

function print(out: Output, found: readonly ScannedAddress[], options: LoginOptions): void {
  const answered = found.filter(({ answer }) => answer !== "none");
  if (answered.length > 0)
    out.table(
      [
        { title: "ADDRESS" },
        { title: "FAMILY" },
        { title: "OUTLETS", align: "right" },
        { title: "SERIAL" },
        { title: "FIRMWARE" },
        { title: "MODEL", flexible: true },
      ],
      answered.map(row),
    );
  printSilent(
    out,
    found.filter((one) => one.answer === "none"),
    triedLogin(options),
  );
  for (const one of answered) printAdvice(out, one, options);
}

function row(found: ScannedAddress): Piece[] {
  const address = addressOf(found);
  switch (found.answer) {
    case "pdu": {
      const { family, outlets, serial, mark, firmware, model, readOnly } = found;
      const note = readOnly === undefined ? "" : "[read only]";
      const about = [model ?? "", note].filter((part) => part !== "").join(" ");
      return [
        address,
        family,
        String(outlets),
        serial ?? mark ?? "-",
        firmware ?? "-",
        about || "-",
      ];
    }
    case "other": {
      const family: Piece = { text: "unknown", style: "yellow" };
      const about = `${found.sysDescr ?? "[no sysDescr]"} (${found.sysObjectID ?? "no sysObjectID"})`;
      return [address, family, "-", "-", "-", about];
    }
    case "error":
      return [address, { text: "error", style: "red" }, "-", "-", "-", reason(found.error.message)];
    case "none":
      return [address, "-", "-", "-", "-", found.why];
  }
}

/** "Cannot read 10.0.0.5:161: …": the address stands beside it. */
const reason = (message: string): string => message.replace(/^Cannot .*?\d: /, "");

/** Silence has two reasons that look the same, and a name without an address is another matter. */
function printSilent(
  out: Output,
  silent: readonly (ScannedAddress & { answer: "none" })[],
  tried: string,
): void {
  const quiet = silent.filter(({ why }) => why === "no answer");
  for (const one of silent) if (!quiet.includes(one)) out.talk(`${addressOf(one)}: ${one.why}`);
  if (quiet.length === 0) return;
  const names = quiet.slice(0, NAMED).map(addressOf).join(", ");
  const more = quiet.length > NAMED ? `, and ${quiet.length - NAMED} more` : "";
  const many = quiet.length > 1;
  out.talk(`no answer from ${quiet.length} ${many ? "addresses" : "address"}: ${names}${more}`);
  out.talk(
    `     ${many ? "Each is" : "It is"} silent, or does not know ${tried}: both look the same`,
  );
}

function printAdvice(out: Output, found: ScannedAddress, options: LoginOptions): void {
  const address = addressOf(found);
  if (found.answer === "error" && found.error.hint !== undefined)
    out.talk(`${address}: ${found.error.hint}`);
  if (found.answer === "pdu" && found.readOnly !== undefined)
    out.talk(`${address} is not switched: ${found.readOnly}`);
  if (found.answer !== "other") return;
  const { sysObjectID = "none", sysDescr = "" } = found;
  out.talk(`${address} speaks SNMP and is none of the families that we know:`);
  out.talk(`     sysObjectID ${sysObjectID}, sysDescr "${sysDescr}"`);
  const file = `${found.host.replace(/[^\w.-]+/g, "-")}.snmprec`;
  const login = loginWords(options);
  out.talk(`     To have it added, send us: oob pdu capture ${address} -o ${file}${login}`);
}

function addressOf({ host, port }: ScannedAddress): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === 161 ? host : `${name}:${port}`;
}
