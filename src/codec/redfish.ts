/**
 * Redfish resources (DMTF DSP0266, DSP2046) as data: what a service says about its systems, and what it says when it
 * refuses. Services are hostile and differ: a field that is not what the schema says counts as absent, a path that may
 * lead elsewhere as none, and of power nothing is believed but the words of the schema.
 */
import { printable } from "../lib/printable.ts";

/** Members of a collection that are looked at. */
export const MAX_MEMBERS = 256;
const MAX_PATH = 512;
const MAX_MESSAGES = 3;
const MAX_MESSAGE = 160;
const MAX_VALUES = 64;

/** A system's power in our three words. */
export interface RedfishPower {
  readonly state: "on" | "off" | "unknown";
  readonly pending: boolean;
  readonly note?: string;
}

/** The action that switches a system. */
export interface ResetAction {
  readonly target: string;
  /** Values that the service takes; undefined where it lists none here. */
  readonly allowed: readonly string[] | undefined;
  /** Resource that lists them. */
  readonly info: string | undefined;
}

/** How far a task is. */
export type TaskProgress = "running" | "done" | "failed";

/** JSON, or undefined where it is none. */
export function parseResource(text: string): unknown {
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch {
    // Also a RangeError: nested too deeply.
    return undefined;
  }
}

/** A field of what may or may not be an object; inherited ones do not count. */
function field(value: unknown, ...keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) {
    if (typeof found !== "object" || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return found;
}

/** A text field, safe to be shown; undefined where there is none. */
export function textField(value: unknown, ...keys: readonly string[]): string | undefined {
  const found = field(value, ...keys);
  if (typeof found !== "string" || found.trim() === "") return undefined;
  return printable(found.trim(), MAX_MESSAGE);
}

/**
 * A path at the service itself, out of a path or a whole URL: whatever host it names, only ours is asked. Undefined for
 * everything outside of /redfish/, and for all that a server could read in two ways.
 */
export function localPath(reference: unknown): string | undefined {
  if (typeof reference !== "string" || reference.length > MAX_PATH) return undefined;
  const path = reference.replace(/^https?:\/\/[^/?#\\]{1,300}/i, "");
  const plain = /^\/redfish\/[\w/.~:@!$&'()*+,;=%-]{0,500}$/.test(path);
  return plain && !/\/\/|\/\.{1,2}(?:\/|$)|%(?:2e|2f|5c|00)/i.test(path) ? path : undefined;
}

/** The path of a link: `{"@odata.id": "/redfish/v1/Systems"}` under these keys. */
export const linkAt = (value: unknown, ...keys: readonly string[]): string | undefined =>
  localPath(field(value, ...keys, "@odata.id"));

/** Paths of a collection's members, each once. */
export function membersOf(collection: unknown): readonly string[] {
  const members = field(collection, "Members");
  if (!Array.isArray(members)) return [];
  const paths = members.slice(0, MAX_MEMBERS).map((member: unknown) => linkAt(member));
  return [...new Set(paths.filter((path) => path !== undefined))];
}

/**
 * Paths by what people call them: the last part, or all behind the root where two have the same last part ("Systems/1" and
 * "Chassis/2/Systems/1"). The paths stay as the service wrote them: iLO answers those without the slash at their end with
 * a redirect.
 */
export function callByPath(paths: readonly string[]): ReadonlyMap<string, string> {
  const written = new Map(paths.map((path) => [path.replace(/\/+$/, ""), path]));
  const whole = [...written.keys()];
  const last = (path: string) => path.split("/").at(-1) ?? path;
  const alone = (path: string) => whole.filter((one) => last(one) === last(path)).length === 1;
  const behindRoot = (path: string) => path.replace(/^\/redfish\/v1\//, "");
  return new Map(
    [...written].map(([path, asked]) => [alone(path) ? last(path) : behindRoot(path), asked]),
  );
}

// DSP2046 Resource PowerState. PoweringOn and PoweringOff have power, and are about to be otherwise.
const POWER: Readonly<Record<string, RedfishPower>> = {
  On: { state: "on", pending: false },
  Off: { state: "off", pending: false },
  PoweringOn: { state: "on", pending: true },
  PoweringOff: { state: "on", pending: true },
  Paused: { state: "on", pending: false, note: "paused" },
};

/** What a system or an outlet says about its power. */
export function powerOf(resource: unknown): RedfishPower {
  const said = field(resource, "PowerState");
  const known = typeof said === "string" && Object.hasOwn(POWER, said) ? POWER[said] : undefined;
  if (known) return known;
  const shown = typeof said === "string" ? `"${printable(said, 40)}"` : "none";
  return { state: "unknown", pending: false, note: `power state ${shown}` };
}

/**
 * What tells a system from another: its UUID, and its serial number where the service has no UUID at all. One that is
 * empty for a while (firmware fills it in when the machine starts) is no reason to know it by something else.
 */
export function identityOf(resource: unknown): string | undefined {
  if (field(resource, "UUID") === undefined) return textField(resource, "SerialNumber");
  const uuid = textField(resource, "UUID")?.toLowerCase();
  const digits = uuid?.replaceAll("-", "") ?? "";
  return /^[0-9a-f]{32}$/.test(digits) && !/^(?:0+|f+)$/.test(digits) ? uuid : undefined;
}

/** The reset action of a system. */
export function resetAction(system: unknown): ResetAction | undefined {
  const action = field(system, "Actions", "#ComputerSystem.Reset");
  const target = localPath(field(action, "target"));
  if (target === undefined) return undefined;
  const allowed = textsIn(field(action, "ResetType@Redfish.AllowableValues"));
  return { target, allowed, info: localPath(field(action, "@Redfish.ActionInfo")) };
}

/** What lights a system's lamp: LocationIndicatorActive where the service has it, else IndicatorLED, which it succeeds. */
export function lampOn(system: unknown): object | undefined {
  if (typeof field(system, "LocationIndicatorActive") === "boolean")
    return { LocationIndicatorActive: true };
  return typeof field(system, "IndicatorLED") === "string"
    ? { IndicatorLED: "Blinking" }
    : undefined;
}

/** Values of ResetType out of an ActionInfo resource. */
export function actionInfoValues(info: unknown): readonly string[] | undefined {
  const parameters = field(info, "Parameters");
  if (!Array.isArray(parameters)) return undefined;
  const reset: unknown = parameters.find((one: unknown) => field(one, "Name") === "ResetType");
  return textsIn(field(reset, "AllowableValues"));
}

function textsIn(list: unknown): readonly string[] | undefined {
  if (!Array.isArray(list) || list.length === 0) return undefined;
  return list.slice(0, MAX_VALUES).filter((one): one is string => typeof one === "string");
}

/** What a service says in an error or a task, its messages joined; "" where it says nothing. */
export function messagesIn(body: unknown): string {
  const places = [
    field(body, "error", "@Message.ExtendedInfo"),
    field(body, "@Message.ExtendedInfo"),
    field(body, "Messages"),
  ];
  // iDRAC 9 was seen to give one message without a list around it.
  const listed = places.find((place) => typeof place === "object" && place !== null);
  const messages = (Array.isArray(listed) ? listed : [listed])
    .slice(0, MAX_MESSAGES)
    .map(messageText)
    .filter((text) => text !== undefined);
  const said = messages.length > 0 ? messages : [textField(body, "error", "message")];
  return said.filter((text) => text !== undefined).join("; ");
}

/** iLO gives ids and arguments without a text. */
function messageText(message: unknown): string | undefined {
  const text = textField(message, "Message");
  if (text !== undefined) return text;
  const id = textField(message, "MessageId") ?? textField(message, "MessageID");
  if (id === undefined) return undefined;
  const words = textsIn(field(message, "MessageArgs")) ?? [];
  return words.length === 0 ? id : `${id} (${printable(words.join(", "), MAX_MESSAGE)})`;
}

/** Ids of what a service says, without registry and version: "NoValidSession". */
export function messageIds(body: unknown): readonly string[] {
  const listed = field(body, "error", "@Message.ExtendedInfo");
  const messages: readonly unknown[] = Array.isArray(listed)
    ? listed.slice(0, MAX_MESSAGES)
    : [listed];
  return messages
    .map((message) => textField(message, "MessageId")?.split(".").at(-1))
    .filter((id) => id !== undefined);
}

const RUNNING = [
  "New",
  "Starting",
  "Running",
  "Suspended",
  "Pending",
  "Stopping",
  "Service",
  // "Expected to restart and is therefore not complete" (DSP2046, Task).
  "Interrupted",
  "Cancelling",
];
const FAILED = ["Exception", "Killed", "Cancelled"];

/** How far the task is whose resource, or whose monitor's answer, this is. */
export function taskProgress(status: number, body: unknown): TaskProgress {
  const state = field(body, "TaskState");
  if (typeof state === "string") {
    if (RUNNING.includes(state)) return "running";
    if (FAILED.includes(state)) return "failed";
    return field(body, "TaskStatus") === "Critical" ? "failed" : "done";
  }
  if (status === 202) return "running";
  // A task that is gone has ended; how, the outlet tells.
  return status < 400 || status === 404 || status === 410 ? "done" : "failed";
}
