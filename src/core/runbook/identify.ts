import type { HostEntry } from "../../config/site-config.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { ConsoleHands, HostIdentity } from "../../sdk/runbook.ts";

/** A host's own name that is not asked about. */
const ANY = "any";
/** Kernel messages tear short answers apart: asking changes nothing, so it is asked again. */
const TRIES = 5;
/** `uname -n` is what hostname prints, and there is no system without it. */
const ASK = 'echo "oob=$(id -u)=$(uname -n)=$(uname)="';
const ANSWER = /^oob=(\d{1,10})=([^=\n]{0,255})=([A-Za-z0-9_/.-]{1,64})=$/m;

/** Who is logged in, where, and whether that is the host of the inventory. */
export async function identify(console: ConsoleHands, host: HostEntry): Promise<HostIdentity> {
  for (let tries = 0; tries < TRIES; tries++) {
    const { output } = await console.run(ASK);
    const [, uid, hostname, system] = ANSWER.exec(output) ?? [];
    if (uid === undefined || hostname === undefined || system === undefined) continue;
    const wanted = host.hostname ?? host.name;
    if (wanted !== ANY && !isSameName(hostname, wanted))
      throw otherHost(host.name, hostname, wanted);
    return { uid: Number(uid), hostname, system };
  }
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot tell which host answers at ${host.name}: "id" and "uname" came damaged ${TRIES} times`,
  );
}

/** "web1" and "web1.example.org" are one name; "web1.a.org" and "web1.b.org" are two. */
function isSameName(one: string, other: string): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  if (a === b) return true;
  const short = (name: string) => name.split(".")[0];
  return (!a.includes(".") || !b.includes(".")) && short(a) === short(b);
}

function otherHost(name: string, hostname: string, wanted: string): OobError {
  return new OobError(
    "RUNBOOK_FAILED",
    `Cannot go on at ${name}: the host that answers there calls itself "${printable(hostname, 100)}", wanted "${wanted}"`,
    {
      hint: `Look where the console of ${name} is wired to; if it is right, say "hostname: ${/^[\w.-]{1,64}$/.test(hostname) ? hostname : ANY}" in hosts.${name}`,
    },
  );
}
