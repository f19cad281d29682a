/** Rooms that `oob doctor` looks into, as `--json` names them. */
export type CheckName =
  | "configuration"
  | "permissions"
  | "secrets"
  | "clear-text"
  | "clock"
  | "disk"
  | "anchors"
  | "ports"
  | "consoles"
  | "kernel"
  | "daemon"
  | "web"
  | "sandbox"
  | "forgotten"
  | "pdus";

/** What a check found. `unchecked`: it could not be looked at from here, which is not the same as being well. */
export type Finding =
  | { readonly is: "ok"; readonly check: CheckName; readonly text: string }
  | {
      readonly is: "problem" | "warning" | "unchecked";
      readonly check: CheckName;
      readonly text: string;
      /** What to do about it. */
      readonly todo: string;
      /** The host, the PDU or the file that is meant. */
      readonly about?: string;
    };

/** Most findings of one kind that are told one by one. */
const MAX_ALIKE = 20;

/** The first of many, and how many more there are: a wrong umask makes ten thousand files wrong in one way. */
export function atMost(found: readonly Finding[]): Finding[] {
  const [first] = found;
  if (first === undefined || found.length <= MAX_ALIKE) return [...found];
  const more = found.length - MAX_ALIKE;
  const text = `${more} more like the ones before`;
  const rest: Finding =
    first.is === "ok" ? { ...first, text } : { ...first, text, todo: "The same" };
  return [...found.slice(0, MAX_ALIKE), rest];
}
