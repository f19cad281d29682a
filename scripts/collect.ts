import {
  askSysrq,
  type ConsoleHands,
  defineRunbook,
  messageOf,
  minutes,
  OobError,
  printable,
  type RunbookHands,
  seconds,
} from "oob/sdk";

/** What of the kernel's state dies with a cut, in the order of its worth; the long one comes last. */
const SYSRQ = [
  ["w", /sysrq ?: Show Blocked State/i, "tasks that wait and cannot be interrupted"],
  ["l", /sysrq ?: Show backtrace of all active CPUs/i, "where each CPU is"],
  ["m", /sysrq ?: Show Memory/i, "memory"],
  ["t", /sysrq ?: Show State/i, "all tasks"],
] as const;

/** The kernel writes without a pause; a slow line carries 960 characters a second. */
const QUIET = seconds(2);
const EACH_WITHIN = minutes(2);

/** A kernel debugger that waits: ddb of the BSDs, kdb of Linux. Nothing else is taken for one. */
const DEBUGGER = /^(?:ddb(?:\{\d{1,3}\})?>|db(?:\{\d{1,3}\})?>|\[\d{1,3}\]kdb>)$/;
const DEBUGGER_PROMPT = /(?:^|\n)(?:ddb(?:\{\d{1,3}\})?>|db(?:\{\d{1,3}\})?>|\[\d{1,3}\]kdb>) ?$/;
/** What stands above it; a prompt alone may be a database's. */
const ENTERED = /Stopped at|KDB: enter|Entering kdb \(/;
const PAGER = /--(?:More|db_more)--[^\n]{0,80}$/;
const MAX_PAGES = 200;

/** They show; none of them goes on, steps, writes or reboots. ddb(4) of FreeBSD, OpenBSD, NetBSD; kdb's bt, ps. */
const DEBUGGER_SHOWS = {
  ddb: ["trace", "show registers", "ps"],
  kdb: ["bt", "rd", "ps"],
} as const;

const isTimeout = (thrown: unknown): boolean =>
  thrown instanceof OobError && thrown.code === "EXPECT_TIMEOUT";

/** All that comes until the console is quiet. */
async function untilQuiet(console: ConsoleHands): Promise<string> {
  let cut = "";
  await console.settle(QUIET, EACH_WITHIN).catch((thrown: unknown) => {
    if (!isTimeout(thrown)) throw thrown;
    cut = "\n(it went on: the rest was not waited for)";
  });
  const { match } = await console.expect(/[\s\S]*$/, seconds(2)).catch((thrown: unknown) => {
    if (isTimeout(thrown)) return { match: [""] };
    throw thrown;
  });
  return `${match[0] ?? ""}${cut}`;
}

/** One command of a debugger, page after page. */
async function debuggerShows(console: ConsoleHands, command: string): Promise<string> {
  let text = "";
  await console.send(`${command}\r`);
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const found = await console.expect([DEBUGGER_PROMPT, PAGER], EACH_WITHIN, "the debugger");
    text += `${found.before}\n`;
    if (found.which === 0) return text;
    await console.send(" ");
  }
  await console.send("q");
  return `${text}(more than ${MAX_PAGES} pages: the rest was left)`;
}

async function fromDebugger({ console, report }: RunbookHands, prompt: string): Promise<string> {
  const shows = DEBUGGER_SHOWS[prompt.includes("kdb") ? "kdb" : "ddb"];
  for (const command of shows)
    report.text(`${prompt} ${command}`, await debuggerShows(console, command));
  return `${prompt} ${shows.join(", ")}`;
}

/** By SysRq, where BREAK gets through and the kernel answers; says what could be had, and why not the rest. */
async function fromKernel({ console, host, report, note }: RunbookHands): Promise<string[]> {
  const had: string[] = [];
  try {
    await askSysrq(console, host.name, "h", /sysrq ?: HELP/i);
  } catch (thrown) {
    if (
      thrown instanceof OobError &&
      ["SEAT_TAKEN", "INTERRUPTED", "TIMED_OUT"].includes(thrown.code)
    )
      throw thrown;
    note(`nothing by SysRq: ${messageOf(thrown)}`);
    return had;
  }
  for (const [letter, answer, what] of SYSRQ) {
    try {
      await untilQuiet(console);
      await askSysrq(console, host.name, letter, answer);
      report.text(`SysRq ${letter}: ${what}`, await untilQuiet(console));
      had.push(`SysRq ${letter}`);
    } catch (thrown) {
      if (
        !(thrown instanceof OobError) ||
        !["EXPECT_TIMEOUT", "RUNBOOK_FAILED"].includes(thrown.code)
      )
        throw thrown;
      note(`no SysRq ${letter}: ${messageOf(thrown)}`);
    }
  }
  return had;
}

/** What dies with a cut, taken before it. */
export default defineRunbook({
  title: "Collect what a cut would destroy",
  summary:
    "Keeps the screen; asks a kernel debugger that waits, or by SysRq w, l, m, t where BREAK gets through",
  risk: "type",
  sources: [
    "Linux Documentation/admin-guide/sysrq.rst; drivers/tty/sysrq.c",
    "ddb(4) of FreeBSD, OpenBSD, NetBSD; Linux Documentation/dev-tools/kgdb.rst",
  ],
  options: {},
  timeout: minutes(15),
  async run(hands) {
    const { console, host, step, act, report, dryRun } = hands;
    const { rows } = await step("screen", () => console.screen());
    report.text("Screen", rows.join("\n").trimEnd());
    const last = rows.findLast((row) => row.trim() !== "")?.trim() ?? "";
    const had = await step("kernel", () =>
      DEBUGGER.test(last) && rows.some((row) => ENTERED.test(row))
        ? act(`ask the debugger at ${printable(last, 20)}`, async () => [
            await fromDebugger(hands, last),
          ])
        : act("BREAK h; if the kernel answers, BREAK w, l, m and t", () => fromKernel(hands)),
    );
    if (dryRun) return `the screen of ${host.name} was read, nothing was typed`;
    const all = ["the screen", ...(had ?? [])];
    return {
      verdict: had === undefined || had.length === 0 ? "look" : "ok",
      text: `of ${host.name}: ${all.join(", ")}`,
    };
  },
});
