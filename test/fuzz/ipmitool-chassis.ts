import {
  chassisStatus,
  controllerFacts,
  fruSerial,
  systemGuid,
} from "../../src/codec/ipmitool-chassis.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

/** What ipmitool prints about a chassis: nothing throws, and a state is what one whole line says. */
const target: FuzzTarget = {
  seeds: [
    "System Power         : on\n",
    "System Power         : off\nMain Power Fault     : true\n",
    " 00 11 22 33 44 55 66 77 88 99 aa bb cc dd ee ff\n",
    " Product Serial        : CZ123\nManufacturer Name : Acme\n",
  ].map(latin1),
  run(input) {
    const text = Buffer.from(input).toString("latin1");
    const state = chassisStatus(text)?.state;
    if (state === "on" || state === "off") {
      const said = text.split("\n").some((line) => {
        const [name = "", ...rest] = line.split(":");
        return name.trim() === "System Power" && rest.join(":").trim() === state;
      });
      if (!said) throw new Error(`"${state}" out of nothing`);
    }
    systemGuid(text);
    fruSerial(text);
    controllerFacts(text);
  },
};
export default target;
