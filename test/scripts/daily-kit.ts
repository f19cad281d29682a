/** Hands of a runbook on a host whose answers are given: by what is captured, text or what makes it of the script. */
import { readOptions } from "../../src/config/option-values.ts";
import { OobError } from "../../src/lib/errors.ts";
import type { ReportSection } from "../../src/sdk/run-report.ts";
import type { PartResult, Runbook, RunbookHands } from "../../src/sdk/runbook.ts";

type Answer = string | ((script: string) => string);

interface Day {
  readonly answers?: Readonly<Record<string, Answer>>;
  /** Exit status of what is run, by its beginning. */
  readonly statuses?: Readonly<Record<string, number>>;
  readonly set?: Readonly<Record<string, string>>;
  readonly parts?: Readonly<Record<string, PartResult>>;
  readonly console?: readonly string[];
  readonly uid?: number;
  readonly now?: number;
  readonly dryRun?: boolean;
}

/** Day after day of one runbook at one host: what it remembers goes from one to the next. */
export class Days {
  readonly #runbook: Runbook;
  #memory: unknown;

  constructor(runbook: Runbook) {
    this.#runbook = runbook;
  }

  async look(day: Day) {
    const { values, problems } = readOptions(this.#runbook.options, day.set ?? {});
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    const sections: ReportSection[] = [];
    const acts: string[] = [];
    const ran: string[] = [];
    const put: Record<string, string> = {};
    const parts: [name: string, set: Readonly<Record<string, string>>][] = [];
    const printed = [...(day.console ?? [])];
    let kept: unknown;
    const hands = {
      host: { name: "web1", os: "linux", user: "root" },
      console: {
        login: async () => undefined,
        capture: async (script: string, options: { what?: string } = {}) => {
          const answer = day.answers?.[options.what ?? ""];
          if (answer === undefined) throw new Error(`nothing is known of "${options.what}"`);
          const text = typeof answer === "string" ? answer : answer(script);
          return { status: 0, text };
        },
        run: async (command: string) => {
          ran.push(command);
          const [, status = 0] =
            Object.entries(day.statuses ?? {}).find(([begin]) => command.startsWith(begin)) ?? [];
          return { status, output: "" };
        },
        put: async (path: string, content: string) => {
          put[path] = content;
        },
        expect: async (pattern: RegExp) => {
          const line = printed.shift();
          if (line === undefined) throw new OobError("EXPECT_TIMEOUT", "no such line");
          const match = pattern.exec(`${line}\n`);
          return { which: 0, before: "", match: match ? [...match] : [] };
        },
      },
      options: values,
      dryRun: day.dryRun ?? false,
      note: () => undefined,
      now: () => day.now ?? 1_800_000_000_000,
      step: async <T>(_name: string, work: () => Promise<T>) => work(),
      act: async <T>(what: string, change: () => Promise<T>) => {
        acts.push(what);
        return day.dryRun ? undefined : change();
      },
      identify: async () => ({ uid: day.uid ?? 0, hostname: "web1", system: "Linux" }),
      memory: {
        recall: async () => structuredClone(this.#memory),
        remember: async (value: unknown) => {
          kept = JSON.parse(JSON.stringify(value));
        },
      },
      report: {
        text: (title: string, text: string) => sections.push({ is: "text", title, text }),
        table: (title: string, rows: never[]) => sections.push({ is: "table", title, rows }),
        news: (title: string, rows: never[]) => sections.push({ is: "news", title, rows }),
      },
      part: async (name: string, set: Readonly<Record<string, string>> = {}) => {
        parts.push([name, set]);
        return day.parts?.[name] ?? { verdict: "ok", text: "fine", sections: [] };
      },
      signal: new AbortController().signal,
    };
    const ended = await this.#runbook.run(hands as unknown as RunbookHands);
    if (typeof ended === "string") throw new Error("a runbook of the daily look gives a verdict");
    if (!day.dryRun && kept !== undefined) this.#memory = kept;
    const news = sections.flatMap((one) => (one.is === "news" ? one.rows : []));
    return { ...ended, sections, news, acts, ran, put, parts, kept };
  }
}
