/**
 * Jails and containers as their host sees them: a name, and a path under which the host reads their files. What lies below
 * that path is theirs, and as hostile as any text of a host: no symbolic link in it is followed.
 */
import { hostRows } from "./host-rows.ts";

/** A jail or a container. */
export interface Jail {
  readonly name: string;
  readonly root: string;
}

/** First lines of each of our scripts: one language, and the folders in which an administrator's programs lie. */
export const SCRIPT_HEAD = `LC_ALL=C; export LC_ALL
PATH=$PATH:/sbin:/usr/sbin:/usr/local/sbin:/usr/local/bin; export PATH
T=$(printf '\\t')`;

/**
 * A shell function that prints name, TAB, root: of FreeBSD's jails, and of the processes of Linux that are number 1 in a
 * process space of their own, so that it does not matter who made the container (proc_pid_status(5), NSpid).
 */
export const jailRoots = (proc = "/proc"): string => `oob_jails() {
if command -v jls >/dev/null 2>&1; then jls name path | sed "s/ /$T/"; return; fi
grep -lE '^NSpid:[[:space:]]+[0-9]+[[:space:]](.*[[:space:]])?1$' ${proc}/[0-9]*/status 2>/dev/null |
while read -r s; do d=\${s%/status}
n=$(sed -n '$ { s/^[^:]*:[^:]*://; s,/init.scope$,,; s,.*/,,; p; }' "$d/cgroup" 2>/dev/null | tr -c 'A-Za-z0-9_.:@\\n-' '_')
printf '%s\\t%s\\n' "\${n:-pid-\${d##*/}}" "$d/root"
done; }`;

/** Lists jails as rows. */
export const jailScript = (proc?: string): string =>
  `${SCRIPT_HEAD}\n${jailRoots(proc)}\noob_jails | sed "s/^/jail$T/"\n`;

/** Reads those rows. */
export function readJails(text: string): readonly Jail[] {
  return hostRows(text)
    .of("jail")
    .map(([name = "", root = ""]) => ({ name, root }))
    .filter(({ name, root }) => name !== "" && root.startsWith("/"));
}
