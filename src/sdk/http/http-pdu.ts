import type { Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { OutletCommand, Pdu, PduReading } from "../power.ts";
import type { HttpClient } from "./http-client.ts";

/** More than any of them has. */
const MAX_OUTLETS = 256;

/** A device that tells all in one reading, and switches outlets on and off. */
export interface HttpPdu {
  readonly client: HttpClient;
  readonly settle: Millis;
  /** Serial number that it must have. "": any. */
  readonly serial: string;
  load(): Promise<PduReading>;
  /** Sends one command, once. `instance` is one that the device has listed. */
  send(instance: string, command: "on" | "off"): Promise<void>;
}

const COMMANDS: readonly OutletCommand[] = ["on", "off"];

/** Makes a Pdu of it: outlets are found in readings, and nothing is sent to one that the device has not listed. */
export function httpPdu(device: HttpPdu): Pdu {
  const { client, settle } = device;
  const { label } = client;
  let listed: ReadonlySet<string> | undefined;
  const read = async (): Promise<PduReading> => {
    const reading = await client.guarded(() => device.load());
    checkDevice(device, reading);
    listed = new Set(reading.outlets.map(({ instance }) => instance));
    return reading;
  };
  return {
    label,
    settle,
    commands: COMMANDS,
    read,
    async readOutlet(instance) {
      const { outlets, serial } = await read();
      const found = outlets.find((outlet) => outlet.instance === instance);
      if (found) return { ...found, ...(serial !== undefined && { serial }) };
      throw unknownOutlet(label, instance);
    },
    async command(instance, command, late) {
      if (command !== "on" && command !== "off")
        throw new OobError(
          "PDU_REFUSED",
          `Cannot do "${command}" at ${label}: it knows on and off`,
        );
      if (listed === undefined) await read();
      if (!listed?.has(instance)) throw unknownOutlet(label, instance);
      late?.throwIfAborted();
      await client.guarded(() => device.send(instance, command));
    },
    close: () => Promise.resolve(),
  };
}

function checkDevice({ client, serial }: HttpPdu, reading: PduReading): void {
  const { label } = client;
  const { outlets } = reading;
  const once = new Set(outlets.map(({ instance }) => instance)).size === outlets.length;
  if (outlets.length === 0 || outlets.length > MAX_OUTLETS || !once)
    throw new OobError(
      "PDU_UNKNOWN",
      `Cannot read ${label}: its answer lists no outlets that we know`,
      {
        hint: "Is this the right driver for it? Older firmware may lack what is asked for",
      },
    );
  if (serial === "" || normal(serial) === normal(reading.serial ?? "")) return;
  const has = reading.serial === undefined ? "gives no serial number" : `is "${reading.serial}"`;
  throw new OobError("PDU_REFUSED", `Cannot use ${label}: it ${has}, wanted is "${serial}"`, {
    hint: "Was the device exchanged? Look at its outlets before you change serial:",
  });
}

/** MAC addresses are written in several ways. */
const normal = (serial: string): string => serial.toLowerCase().replace(/[:.-]/g, "");

function unknownOutlet(label: string, instance: string): OobError {
  const text = `Cannot find outlet "${printable(instance, 40)}" of ${label}: it lists no such`;
  return new OobError("OUTLET_UNKNOWN", text);
}
