import apc from "../../drivers/power/serial/apc-masterswitch.ts";
import baytech from "../../drivers/power/serial/baytech-rpc3.ts";
import blackbox from "../../drivers/power/serial/blackbox-pse.ts";
import cyclades from "../../drivers/power/serial/cyclades-pm.ts";
import iboot from "../../drivers/power/serial/dataprobe-iboot.ts";
import sentry from "../../drivers/power/serial/servertech-sentry.ts";
import nps from "../../drivers/power/serial/wti-nps.ts";
import rps from "../../drivers/power/serial/wti-rps.ts";
import { Dialogue, MAX_STEP_BYTES } from "../../src/codec/dialogue.ts";
import type { DialogueEvent } from "../../src/codec/dialogue-steps.ts";
import { MAX_LINE_BYTES } from "../../src/codec/text-lines.ts";
import { concatBytes, latin1, utf8 } from "../../src/lib/bytes.ts";
import type { SerialPduProfile } from "../../src/sdk/serial-pdu-profile.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

const PROFILES: readonly SerialPduProfile[] = [
  apc,
  baytech,
  blackbox,
  cyclades,
  iboot,
  sentry,
  nps,
  rps,
];
const SECRET = "s3cret";
const MAX_TYPED = 4096;

const SEEDS =
  "Enter password>|User Name : |Password  : |Username: |RPC-3>|Enter Selection>|1)...Outlet Control\r\n|6)...Logout\r\n" +
  "|    1       Off         1       On   \r\n|Outlet  2       : Off\r\n|Turn Off Outlet 3 (Y/N)?|Invalid password\r\n" +
  "|------- Control Console -------\r\n|------- Outlet Control/Configuration -------\r\n|1- Device Manager\r\n> " +
  "|2- Outlet Management\r\n> |1- Outlet Control/Configuration\r\n> | 3- web1      ON\r\n> |    Outlet       : 3\r\n" +
  "|1- Control Outlet\r\n> |1- Immediate On\r\n2- Immediate Off\r\n> |outlet 3 named 'web1'\r\n" +
  "|Enter 'YES' to continue or <ENTER> to cancel : |Press <ENTER> to continue...|NPS> |Plug | Name | Password\r\n" +
  "| 3   | web1 | (undefined) | ON | 0.5 Secs | ON |\r\n|Are you sure? (Y/N): |Plug A3: web1\r\n|pm>|3\tweb1\tUnlocked ON\r\n" +
  "|3: Outlet turned off.\r\n|Switched CDU: |.AA3 web1   On   On\r\n|More (Y/es N/o): |Plug 3 On\r\n|Complete\r\n|3 ON\r\n|P11=1\r\n";

/** One talk: pauses and time-outs come where the input says. */
function talk(profile: SerialPduProfile, aim: "table" | "command", input: Uint8Array): void {
  const values = new Map(Object.entries({ user: "oob", password: SECRET, [aim]: "yes" }));
  if (aim === "command")
    for (const [name, value] of Object.entries({
      outlet: "3",
      name: "web1",
      turn: profile.turn.off,
      off: "yes",
    }))
      values.set(name, value);
  const dialogue = new Dialogue(profile.steps, profile.begins, {
    values,
    secret: new Set(["password"]),
  });
  const told: DialogueEvent[] = [];
  const sent: Uint8Array[] = [];
  let commands = 0;
  const hear = (events: readonly DialogueEvent[]) => {
    for (const event of events) if (event.is === "step" && event.name === profile.typed) commands++;
    told.push(...events);
    sent.push(dialogue.takeOutput());
    if (dialogue.held > MAX_STEP_BYTES + 2 * MAX_LINE_BYTES) throw new Error("holds too much");
  };
  hear(dialogue.expired());
  for (let at = 0; at < input.length; ) {
    const size = 1 + ((input[at] ?? 0) & 31);
    hear(dialogue.receive(input.slice(at, at + size)));
    at += size;
    if (((input[at] ?? 0) & 3) > 0) hear(dialogue.settled());
    if (input[at] === 0x7e) hear(dialogue.expired());
  }
  hear(dialogue.ended());
  if (aim === "command" && commands > 1) throw new Error(`types ${commands} commands`);
  const shown = told.filter(({ is }) => is !== "data");
  if (JSON.stringify(shown).includes(SECRET)) throw new Error("tells the password");
  const typed = concatBytes(sent);
  if (typed.length > MAX_TYPED) throw new Error(`types ${typed.length} bytes`);
  const passwords = Buffer.from(typed).toString("latin1").split(SECRET).length - 1;
  if (passwords > 1) throw new Error("types the password twice");
}

const target: FuzzTarget = {
  seeds: [...SEEDS.split("|").map(utf8), latin1("\xff\x1b[2J\0~"), utf8("\r\n"), utf8(">")],
  run(input) {
    const profile = PROFILES[(input[0] ?? 0) % PROFILES.length];
    if (!profile) return;
    talk(profile, "table", input.subarray(1));
    talk(profile, "command", input.subarray(1));
  },
};
export default target;
