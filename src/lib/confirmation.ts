/** What has to be answered before hosts are switched: the same at a terminal and at the daemon's socket. */

/** Whether anything has to be: switching one host on takes nothing away from anybody, unless it is precious. */
export const needsConfirmation = (
  verb: string,
  hosts: readonly string[],
  precious: readonly string[],
): boolean => verb !== "on" || hosts.length > 1 || precious.length > 0;

/** How many, for several hosts; the name, for one that is precious; else "y". */
export function wantedAnswer(hosts: readonly string[], precious: readonly string[]): string {
  if (hosts.length > 1) return String(hosts.length);
  return precious[0] ?? "y";
}

/** The name of the one host is never less careful than "y". */
export function isConfirmed(
  hosts: readonly string[],
  precious: readonly string[],
  answer: string,
): boolean {
  if (answer === wantedAnswer(hosts, precious)) return true;
  return hosts.length === 1 && answer === hosts[0];
}
