import type { SessionView } from "../core/site/who.ts";

/** "jana, max and eva": people, each once. */
export function namesOf(sessions: readonly SessionView[]): string {
  const names = [...new Set(sessions.map((one) => one.who))];
  const last = names.pop() ?? "nobody";
  return names.length === 0 ? last : `${names.join(", ")} and ${last}`;
}
