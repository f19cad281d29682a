/**
 * The machine behind a BMC, through ipmitool(1). It has one outlet, `chassis`.
 *
 * - on, off: what Get Chassis Status says, nothing else.
 * - unknown: every other word, and every question without an answer.
 *
 * The system's GUID comes in the same session as the state: another BMC at the address is noticed. A cycle is ours:
 * off, read back, on. The BMC's own is not used, because nobody could see that the machine was off.
 */
import {
  CHASSIS_COMMANDS,
  type ChassisReading,
  definePower,
  durationOf,
  IPMITOOL_OPTIONS,
  IpmiChassis,
  Ipmitool,
  ipmitoolFaults,
  type Millis,
  OobError,
  type OutletReading,
  printable,
  seconds,
  textOf,
} from "oob/sdk";

/** Servers were seen to take 6 s to go off and 46 s to come on (powerman issue 67). */
const SETTLE: Millis = seconds(60);
const OUTLET = "chassis";

export default definePower({
  summary: "A machine's power through its BMC (IPMI 2.0 over LAN), with ipmitool",
  sources: [
    "IPMI 2.0 specification: 28.2 Get Chassis Status, 28.3 Chassis Control, 22.14 Get System GUID",
    "ipmitool 1.8.19: lib/ipmi_chassis.c, src/plugins/lanplus/lanplus.c; OpenIPMI ipmi_sim 2.0.33",
  ],
  address: "host-port",
  options: {
    ...IPMITOOL_OPTIONS,
    "cipher-suite": {
      kind: "integer",
      min: 0,
      max: 17,
      summary: "3 or 17; without it 17, and 3 where the BMC has no 17",
    },
    serial: {
      kind: "text",
      summary: "GUID that the system must have (or serial number, where it has none)",
    },
    settle: {
      kind: "duration",
      default: "60s",
      summary: "longest time until it shows what it was told",
    },
  },
  check: ipmitoolFaults,
  async open(options, context) {
    const chassis = new IpmiChassis(await Ipmitool.make(options, context), context.clock);
    const { label } = chassis;
    const wanted = textOf(options, "serial");
    const read = async (whole = false): Promise<ChassisReading> => {
      const reading = await chassis.read(whole);
      if (wanted !== "" && plain(wanted) !== plain(reading.serial ?? ""))
        throw new OobError(
          "PDU_REFUSED",
          `Cannot use ${label}: it is "${reading.serial ?? ""}", not "${printable(wanted, 64)}"`,
          {
            hint: "Another BMC answers at this address; check it, then correct serial: of the PDU",
          },
        );
      return reading;
    };
    const known = (instance: string): void => {
      if (instance === OUTLET) return;
      const text = `Cannot find outlet "${printable(instance, 40)}" of ${label}: it has one, "${OUTLET}"`;
      throw new OobError("OUTLET_UNKNOWN", text);
    };
    return {
      label,
      commands: CHASSIS_COMMANDS,
      settle: durationOf(options, "settle", SETTLE),
      async read() {
        const { model, serial, firmware, ...status } = await read(true);
        return {
          family: "ipmi",
          ...(model !== undefined && { model }),
          ...(serial !== undefined && { serial }),
          ...(firmware !== undefined && { firmware }),
          outlets: [outletOf(status)],
        };
      },
      async readOutlet(instance) {
        known(instance);
        const { serial, ...status } = await read();
        return { ...outletOf(status), ...(serial !== undefined && { serial }) };
      },
      async command(instance, command) {
        known(instance);
        await chassis.tell(command);
      },
      close: () => Promise.resolve(),
    };
  },
});

function outletOf({ state, notes }: Pick<ChassisReading, "state" | "notes">): OutletReading {
  const note = notes.join(", ");
  return { instance: OUTLET, label: OUTLET, state, pending: false, ...(note !== "" && { note }) };
}

/** People copy GUIDs with dashes and in capitals. */
const plain = (serial: string): string => serial.toLowerCase().replaceAll("-", "");
