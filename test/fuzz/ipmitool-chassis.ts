import {
  chassisStatus,
  controllerFacts,
  fruSerial,
  systemGuid,
} from "../../src/codec/ipmitool-chassis.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

/** What ipmitool prints about a chassis: nothing throws, and a state is what all its lines of that name say. */
const target: FuzzTarget = {
  seeds: [
    "System Power         : on\n",
    "System Power         : off\nMain Power Fault     : true\n",
    " 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff\n",
    " Product Serial        : CZ123\nManufacturer Name : Acme\n",
  ].map(latin1),
  run(input) {
    const text = Buffer.from(input).toString("latin1");
    const said = new Set<string>();
    for (const line of text.split("\n")) {
      const [name = "", ...rest] = line.split(":");
      if (name.trim() === "System Power" && rest.length > 0) said.add(rest.join(":").trim());
    }
    // Two lines that differ in what is never shown are one to the codec, and neither says on or off.
    const only = said.size === 1 ? [...said][0] : undefined;
    const state = chassisStatus(text)?.state ?? "unknown";
    const wanted = only === "on" || only === "off" ? only : "unknown";
    if (state !== wanted) throw new Error(`"${state}", and it said ${[...said].join()}`);
    systemGuid(text);
    fruSerial(text);
    controllerFacts(text);
  },
};
export default target;
