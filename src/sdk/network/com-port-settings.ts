/** Settings of a port behind a server: what is asked for, what is in force, and how that is said to people. */
import { COM_CONTROL, type ComPortCommand } from "../../codec/rfc2217.ts";
import { numberOf, type OptionValues, textOf } from "../options.ts";

/** What a server answers to, each on its own. */
export type ComPortKey = "baud" | "dataBits" | "parity" | "stopBits" | "flow" | "dtr" | "rts";

/** One thing to be set; a value of 0 only asks. */
export interface ComPortRequest {
  readonly key: ComPortKey;
  readonly command: ComPortCommand;
  readonly value: number;
}

/** Values in force, as far as the server told them. */
export type ComPortValues = ReadonlyMap<ComPortKey, number>;

const PARITIES = ["?", "n", "o", "e", "m", "s"] as const;
const STOPS = ["?", "1", "2", "1.5"] as const;
const FLOWS: Readonly<Record<string, number>> = {
  none: COM_CONTROL.flowNone,
  xonxoff: COM_CONTROL.flowXonXoff,
  rtscts: COM_CONTROL.flowRtsCts,
};

const control = (key: ComPortKey, value: number): ComPortRequest => ({
  key,
  command: "control",
  value,
});

/** DTR or RTS, on or off. */
export const lineRequest = (key: "dtr" | "rts", on: boolean): ComPortRequest =>
  key === "dtr"
    ? control(key, on ? COM_CONTROL.dtrOn : COM_CONTROL.dtrOff)
    : control(key, on ? COM_CONTROL.rtsOn : COM_CONTROL.rtsOff);

/** What an entry asks of the server; what it leaves out is only read. */
export function requestsOf(options: OptionValues): ComPortRequest[] {
  const [, bits = "0", parity = "?", stop = "?"] =
    /^(\d)([a-z])(\d)$/.exec(textOf(options, "format").toLowerCase()) ?? [];
  const requests: ComPortRequest[] = [
    { key: "baud", command: "baud", value: numberOf(options, "baud", 0) },
    { key: "dataBits", command: "dataBits", value: Number(bits) },
    { key: "parity", command: "parity", value: PARITIES.indexOf(parity as "n") },
    { key: "stopBits", command: "stopBits", value: STOPS.indexOf(stop as "1") },
    control("flow", FLOWS[textOf(options, "flow")] ?? COM_CONTROL.askFlow),
  ];
  for (const key of ["dtr", "rts"] as const) {
    const level = textOf(options, key);
    if (level === "raise" || level === "lower") requests.push(lineRequest(key, level === "raise"));
  }
  return requests;
}

/** Which setting a server's answer is about; undefined: BREAK, or nothing that we ask for. */
export function answerKey(command: ComPortCommand, value: number): ComPortKey | undefined {
  if (command === "control") return CONTROL_KEYS.get(value);
  const isSetting =
    command === "baud" || command === "dataBits" || command === "parity" || command === "stopBits";
  return isSetting ? command : undefined;
}

// 17 to 19: flow control by DCD, DTR and DSR. 13 to 16 are about one direction alone, which we never ask for.
const CONTROL_KEYS: ReadonlyMap<number, ComPortKey> = new Map([
  ...[1, 2, 3, 17, 18, 19].map((value) => [value, "flow"] as const),
  ...[COM_CONTROL.dtrOn, COM_CONTROL.dtrOff].map((value) => [value, "dtr"] as const),
  ...[COM_CONTROL.rtsOn, COM_CONTROL.rtsOff].map((value) => [value, "rts"] as const),
]);

/** "115200 8n1", "9600 7e1 rtscts", "? baud"; lines are not in it. */
export function settingsText(values: ComPortValues): string {
  const flow = Object.keys(FLOWS).find((name) => FLOWS[name] === values.get("flow")) ?? "";
  const format = `${values.get("dataBits") || "?"}${PARITIES[values.get("parity") ?? 0] ?? "?"}${
    STOPS[values.get("stopBits") ?? 0] ?? "?"
  }`;
  const words = [String(values.get("baud") || "?"), format === "???" ? "" : format];
  return [...words, flow === "none" ? "" : flow].filter((word) => word !== "").join(" ");
}

/** Speeds are made by dividing a clock: a server may say what it came to. */
const isNear = (one: number, other: number): boolean => Math.abs(one - other) <= other * 0.02;

/** What is not as it was asked for: "9600 baud instead of 115200", "parity not answered". */
export function faultsOf(requests: readonly ComPortRequest[], values: ComPortValues): string[] {
  return requests.flatMap(({ key, value }) => {
    const inForce = values.get(key);
    if (value === 0) return [];
    if (inForce === undefined) return [`${NAMES[key]} not confirmed`];
    if (inForce === value || (key === "baud" && isNear(inForce, value))) return [];
    return [`${NAMES[key]} ${valueText(key, inForce)} instead of ${valueText(key, value)}`];
  });
}

const NAMES: Readonly<Record<ComPortKey, string>> = {
  baud: "baud",
  dataBits: "data bits",
  parity: "parity",
  stopBits: "stop bits",
  flow: "flow control",
  dtr: "DTR",
  rts: "RTS",
};

function valueText(key: ComPortKey, value: number): string {
  switch (key) {
    case "baud":
    case "dataBits":
      return String(value);
    case "parity":
      return PARITIES[value] ?? String(value);
    case "stopBits":
      return STOPS[value] ?? String(value);
    case "flow":
      return Object.keys(FLOWS).find((name) => FLOWS[name] === value) ?? String(value);
    case "dtr":
      return value === COM_CONTROL.dtrOn ? "up" : "down";
    case "rts":
      return value === COM_CONTROL.rtsOn ? "up" : "down";
  }
}
