import {
  isLogName,
  JAIL_LOGS,
  type JailLog,
  type JailLogs,
  jailLogsScript,
  type LogPlace,
  readJailLogs,
} from "oob/codec/jail-logs";
import { isTrouble } from "oob/codec/log-summary";
import { captured, countsText, defineRunbook, enterHost, listOf, minutes, OobError } from "oob/sdk";

/** Most lines of one log in the report; the last ones count. */
const MAX_LINES = 200;

interface Memory {
  readonly places: readonly LogPlace[];
  readonly jails: readonly string[];
}

const isPlace = (value: unknown): value is LogPlace =>
  typeof value === "object" &&
  value !== null &&
  ["jail", "file", "inode"].every((key) =>
    /^[\w.@:+/-]{1,200}$/.test(String(Reflect.get(value, key))),
  ) &&
  Number.isSafeInteger(Reflect.get(value, "size"));

function memoryOf(value: unknown): Memory | undefined {
  if (typeof value !== "object" || value === null || !("places" in value) || !("jails" in value))
    return undefined;
  const { places, jails } = value;
  if (!Array.isArray(places) || !Array.isArray(jails)) return undefined;
  return { places: places.filter(isPlace), jails: jails.map(String) };
}

const NAME = /^[A-Za-z0-9_.:@-]{1,100}$/;

const title = ({ jail, file, skipped, lines }: JailLog): string =>
  `${jail}: ${file}, ${lines.length} new lines${skipped > 0 ? `, ${skipped} bytes before them left out` : ""}`;

const told = ({ jails, logs }: JailLogs, lines: number, counts: string): string =>
  `${jails.length} jails, ${lines} new lines in ${logs.length} logs${counts === "" ? "" : `: ${counts}`}`;

/** What jails and containers logged since the last look, read by their host. */
export default defineRunbook({
  title: "Logs of jails and containers, read by the host",
  summary:
    "FreeBSD's jails by jls, containers of Linux by their roots; only what is new in each log",
  risk: "read",
  sources: ["jls(8)", "proc_pid_status(5): NSpid", "proc_pid_root(5)"],
  needs: ["login"],
  options: {
    jails: { kind: "list", summary: "only these (all)" },
    files: {
      kind: "list",
      summary: "below var/log of each (messages, syslog, auth.log, secure …)",
    },
  },
  timeout: minutes(30),
  async run(hands) {
    const { options, report, memory, host } = hands;
    const [only, given] = [listOf(options, "jails"), listOf(options, "files")];
    const files = given.length > 0 ? given : JAIL_LOGS;
    const odd = [
      ...files.filter((one) => !isLogName(one)),
      ...only.filter((one) => !NAME.test(one)),
    ];
    if (odd.length > 0)
      throw new OobError(
        "RUNBOOK_INVALID",
        `Cannot read the logs of ${host.name}'s jails: "${odd[0]}" is no name`,
      );
    await enterHost(hands);
    const before = memoryOf(await memory.recall());
    const script = jailLogsScript(files, before?.places ?? [], only);
    const found = readJailLogs(await captured(hands, "logs of jails", script));
    if (found.cut)
      throw new OobError(
        "RUNBOOK_FAILED",
        `Cannot read the logs of ${host.name}'s jails: its answer is not whole`,
      );
    const gone = (before?.jails ?? []).filter((jail) => !found.jails.includes(jail));
    const missing = only.filter((jail) => !found.jails.includes(jail));
    const trouble = found.logs.flatMap(({ jail, file, lines }) =>
      lines.filter(isTrouble).map((line) => ({ what: line, jail, file })),
    );
    report.news("Jails", [
      ...[...new Set([...gone, ...missing])].map((jail) => ({
        what: "is not there",
        jail,
        file: "",
      })),
      ...found.links.map((link) => {
        const [jail = "", file = ""] = link.split(" ");
        return { what: "a symbolic link, not followed", jail, file };
      }),
      ...trouble.slice(0, MAX_LINES),
    ]);
    for (const log of found.logs)
      if (log.lines.length > 0) report.text(title(log), log.lines.slice(-MAX_LINES).join("\n"));
    const places = found.logs.map(({ jail, file, inode, size }) => ({ jail, file, inode, size }));
    await memory.remember({ places, jails: found.jails });
    const counts = countsText({
      "not there": new Set([...gone, ...missing]).size,
      "links not followed": found.links.length,
      "lines of trouble": trouble.length,
    });
    const lines = found.logs.reduce((sum, log) => sum + log.lines.length, 0);
    if (gone.length + missing.length > 0)
      return { verdict: "act", text: told(found, lines, counts) };
    // Whoever asks for jails expects some.
    const calm = counts === "" && found.jails.length > 0;
    return { verdict: calm ? "ok" : "look", text: told(found, lines, counts) };
  },
});
