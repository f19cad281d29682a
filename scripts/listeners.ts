import {
  type Allowed,
  covers,
  isLoopback,
  listenerKey,
  listenersScript,
  readAllowed,
  readListeners,
} from "oob/codec/host-listeners";
import {
  captured,
  changesSince,
  countsText,
  defineRunbook,
  enterHost,
  flagOf,
  keptKeys,
  listOf,
  minutes,
  OobError,
  type RunbookHands,
} from "oob/sdk";

function allowList({ options, host }: RunbookHands): readonly Allowed[] {
  return listOf(options, "allow").map((entry) => {
    const allowed = readAllowed(entry);
    if (allowed) return allowed;
    throw new OobError(
      "RUNBOOK_INVALID",
      `Cannot check the listeners of ${host.name}: "${entry}" in allow is none`,
      { hint: 'Write "tcp/22", "tcp/10.0.0.5:22", "udp/32768-60999=chronyd"' },
    );
  });
}

/** What listens on the host, against what is allowed to and against yesterday. */
export default defineRunbook({
  title: "What listens, and what of it is not allowed",
  summary:
    "ss, sockstat, netstat or the kernel's tables; against an allow-list and against yesterday",
  risk: "read",
  sources: ["ss(8)", "FreeBSD sockstat(1), netstat(1)", "proc(5): /proc/net/tcp"],
  needs: ["login"],
  options: {
    allow: {
      kind: "list",
      summary: "what may listen: tcp/22, tcp/10.0.0.5:22, udp/1024-65535=chronyd",
    },
    loopback: {
      kind: "boolean",
      default: false,
      summary: "count those that only the host itself reaches",
    },
  },
  timeout: minutes(20),
  async run(hands) {
    const { options, report, memory, host } = hands;
    const allow = allowList(hands);
    await enterHost(hands);
    const found = readListeners(await captured(hands, "listeners", listenersScript()));
    if (found.by === undefined || found.cut)
      throw new OobError(
        "RUNBOOK_FAILED",
        `Cannot tell what listens on ${host.name}: ${found.cut && found.by ? "its answer is not whole" : "it has neither ss, sockstat, netstat nor /proc/net"}`,
      );
    const open = found.listeners.filter((one) => flagOf(options, "loopback") || !isLoopback(one));
    const keys = open.map(listenerKey);
    const { fresh, gone } = changesSince(await memory.recall(), keys);
    const rows = open.map((one) => ({
      listener: `${one.protocol}/${one.address}:${one.port}`,
      program: one.program || "-",
      allowed: allow.length === 0 ? "-" : allow.some((entry) => covers(entry, one)) ? "yes" : "NO",
      since: fresh.has(listenerKey(one)) ? "new" : "",
    }));
    const banned = rows.filter(({ allowed }) => allowed === "NO");
    report.news("New listeners", [
      ...banned.map(({ listener, program }) => ({ change: "not allowed", listener, program })),
      ...rows
        .filter(({ since, allowed }) => since === "new" && allowed !== "NO")
        .map(({ listener, program }) => ({ change: "new", listener, program })),
      ...gone.map((key) => {
        const [listener = "", ...program] = key.split(" ");
        return { change: "gone", listener, program: program.join(" ") || "-" };
      }),
    ]);
    report.table(`What listens, by ${found.by}`, rows);
    await memory.remember(keptKeys(keys));
    const counts = countsText({
      "not allowed": banned.length,
      new: fresh.size,
      gone: gone.length,
      "lines that could not be read": found.unread,
    });
    return {
      verdict: banned.length > 0 ? "act" : counts === "" ? "ok" : "look",
      text: `${open.length} listen${counts === "" ? "" : `: ${counts}`}`,
    };
  },
});
