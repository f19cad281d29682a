import { readOptions } from "../../config/option-values.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { OptionValues, SecretRef } from "../../sdk/options.ts";
import type { ReportSection, Verdict } from "../../sdk/run-report.ts";
import type { PartResult, Runbook, RunbookHands } from "../../sdk/runbook.ts";
import type { ActsDone } from "./acts-done.ts";
import { identify } from "./identify.ts";
import { interceptBoot } from "./intercept-boot.ts";
import type { Credentials } from "./log-in.ts";
import type { RunBook } from "./run-book.ts";
import type { RunMemory } from "./run-memory.ts";
import type { RunStory } from "./run-story.ts";
import type { RunbookConsole } from "./runbook-console.ts";
import type { RunbookRun } from "./runbook-run.ts";

/** Parts may have parts, but not without end. */
const MAX_DEPTH = 4;
/** Ends of the whole run: a part does not survive them. */
const ENDS: ReadonlySet<string> = new Set(["SEAT_TAKEN", "INTERRUPTED", "TIMED_OUT"]);
/** `os` of a host whose entry says nothing. */
const UNKNOWN = "unknown";
const RISKS = ["read", "type", "disrupt"] as const;

/** One run, as its hands see it. */
export interface RunContext {
  readonly run: RunbookRun;
  readonly story: RunStory;
  readonly console: RunbookConsole;
  readonly signal: AbortSignal;
  readonly book: RunBook;
  readonly memory: RunMemory;
  readonly acts: ActsDone;
}

/** A runbook, or a part of one. */
interface Role {
  readonly name: string;
  readonly options: OptionValues;
  /** Names of the parts that lead here. */
  readonly parts: readonly string[];
  readonly sections?: ReportSection[];
}

/** What a runbook says at its end, as verdict and text. */
export const outcomeOf = (said: Awaited<ReturnType<Runbook["run"]>>) =>
  typeof said === "string" ? { verdict: "ok" as Verdict, text: said } : said;

/** The same, and no event of the run shows the password. */
export const hidden = (credentials: Credentials, story: RunStory): Credentials => ({
  user: credentials.user,
  password: async () => story.hide(await credentials.password()),
});

/** Throws where the runbook is not for this host's system. */
export function checkSystem(name: string, runbook: Runbook, host: RunbookRun["host"]): void {
  const { on } = runbook;
  if (on === undefined || on.some((beginning) => host.os.startsWith(beginning))) return;
  // Nobody said what it is: a look does no harm.
  if (host.os === UNKNOWN && runbook.risk === "read") return;
  throw new OobError(
    "RUNBOOK_INVALID",
    `Cannot run ${name} on ${host.name}: it is for ${on.join(", ")}, the entry says os: ${host.os}`,
    {
      hint: `Say what it is in hosts.${host.name}: "os: ${on[0] ?? "linux"}", if that is what it is`,
    },
  );
}

/** The hands of a runbook. */
export function makeHands(context: RunContext, role: Role): RunbookHands {
  const { run, story, console, signal, book, memory, acts } = context;
  const { host, dryRun } = run;
  const part = role.parts.at(-1);
  /** How often an outlet of the host was read off. */
  let offs = 0;
  return {
    host: { name: host.name, os: host.os, user: host.login?.user ?? "root" },
    console,
    power: {
      ...run.power,
      cycle: (readOff) => {
        // A prompt from before the cut is no sign of a host that came back, and it lives until its outlets are off.
        console.goesDown();
        return run.power.cycle(() => {
          offs++;
          console.goesDown();
          readOff?.();
        });
      },
    },
    boot: {
      firmware: run.firmware ?? new Map(),
      intercept: (args, within, { cold = false, ...wish } = {}) => {
        const before = offs;
        return interceptBoot(console, run.loaders, args, {
          ...wish,
          ...(cold ? { isCut: () => offs > before } : {}),
          ...(run.loaderLogin ? { login: hidden(run.loaderLogin, story) } : {}),
          os: host.os,
          within,
        });
      },
    },
    options: role.options,
    dryRun,
    now: () => run.clock.now(),
    secret: async (which) => story.hide(await secretFor(run, which)),
    signal,
    note: (text) => story.note(text),
    step: (name, work) =>
      story.step(name, async () => {
        signal.throwIfAborted();
        return work();
      }),
    async act(what, change, options = {}) {
      signal.throwIfAborted();
      if (dryRun) {
        story.say(`would: ${what}`);
        return undefined;
      }
      await story.commit("run.act", what);
      await run.onAct?.(what, options.undo);
      signal.throwIfAborted();
      story.act(what, options.undo);
      const value = await change();
      acts.add(role.name, what);
      return value;
    },
    done: (what) => acts.has(role.name, what),
    identify: () => identify(console, host),
    memory: memory.of(role.name),
    report: book.hands(part, role.sections),
    part: (name, set = {}) => runPart(context, role, name, set),
  };
}

function secretFor(run: RunbookRun, which: SecretRef | undefined): Promise<string> {
  if (which === undefined && run.credentials) return run.credentials.password();
  if (which !== undefined && run.secrets) return run.secrets(which);
  const { name } = run.host;
  throw new OobError("SECRET_MISSING", `Cannot run ${run.name} on ${name}: it has no login`, {
    hint: `Add "login: { user: root, secret: NAME }" to hosts.${name}`,
  });
}

async function runPart(
  context: RunContext,
  outer: Role,
  name: string,
  set: Readonly<Record<string, string>>,
): Promise<PartResult> {
  const { story, signal } = context;
  const sections: ReportSection[] = [];
  try {
    return await story.step(name, async () => {
      signal.throwIfAborted();
      const { runbook, options } = await loadPart(context, outer, name, set);
      const parts = [...outer.parts, name];
      const said = await runbook.run(makeHands(context, { name, options, parts, sections }));
      const { verdict, text } = outcomeOf(said);
      story.note(`${verdict}: ${text}`);
      return { verdict, text: printable(text, 500), sections };
    });
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof OobError && ENDS.has(thrown.code)) throw thrown;
    const text = story.clean(messageOf(thrown));
    story.partFailed(name, text);
    return { verdict: "failed", text, sections };
  }
}

async function loadPart(
  { run }: RunContext,
  outer: Role,
  name: string,
  set: Readonly<Record<string, string>>,
): Promise<{ readonly runbook: Runbook; readonly options: OptionValues }> {
  const cannot = `Cannot run ${name} as a part of ${outer.name}`;
  if (outer.parts.includes(name) || outer.parts.length >= MAX_DEPTH)
    throw new OobError("RUNBOOK_INVALID", `${cannot}: it would run itself`);
  if (run.load === undefined) throw new OobError("INTERNAL", `${cannot}: nobody knows it here`);
  const runbook = await run.load(name);
  checkSystem(name, runbook, run.host);
  // The whole was asked about at its own risk.
  if (RISKS.indexOf(runbook.risk) > RISKS.indexOf(run.runbook.risk))
    throw new OobError(
      "RUNBOOK_INVALID",
      `${cannot}: its risk is "${runbook.risk}", that of the whole "${run.runbook.risk}"`,
    );
  const { values, problems } = readOptions(runbook.options, set);
  const [wrong] = problems;
  if (wrong === undefined) return { runbook, options: values };
  throw new OobError("RUNBOOK_INVALID", `${cannot}: ${wrong.option}: ${wrong.message}`);
}
