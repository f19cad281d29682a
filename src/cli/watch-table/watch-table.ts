/*
 * The live table. It shares the terminal with the commands that its keys run: for those it steps aside, and draws
 * itself anew behind them.
 *
 *   rows of the site ─► HostView ─► RowPainter ─► terminal
 *   keys ─► a question in the last row, or a command of `oob` for the chosen host
 */
import type { HostStatus } from "../../core/site/site.ts";
import type { Millis } from "../../lib/clock.ts";
import { parseDuration, seconds } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Call } from "../command.ts";
import { cutToWidth } from "../display-width.ts";
import { HOST_COLUMNS, hostRow, summary } from "../host-table.ts";
import { Interrupt } from "../interrupt.ts";
import { LocalTerminal } from "../local-terminal.ts";
import { timeOfDay } from "../times.ts";
import { HostView } from "./host-view.ts";
import { RowPainter } from "./row-painter.ts";
import { runBeside, type SideCommand } from "./side-command.ts";
import { firstKey, type TableKey } from "./table-keys.ts";
import { TableQuestion } from "./table-question.ts";

/** Times go on where nothing else does. */
const TICK: Millis = seconds(1);
/** Title, column heads, the row of keys or of a question. */
const OTHER_ROWS = 3;
const HELP = "Enter attach  p power  l log  h hold  / filter  arrows space g G move  q leave";
/** As `oob attach` has it where nothing else is said. */
const ATTACH = { replay: 200, filter: "safe" };
const CHOSEN = "\u001b[7m";
const ENDING_SIGNALS = ["SIGTERM", "SIGHUP", "SIGQUIT"];

/** The live table on a person's terminal. */
export class WatchTable {
  readonly #call: Call;
  readonly #view = new HostView();
  readonly #painter = new RowPainter();
  readonly #left = new AbortController();
  #terminal: LocalTerminal | undefined;
  #question: TableQuestion | undefined;
  #said = "";
  #updatedAt: Millis = 0;
  /** The command that has the terminal now. */
  #running: Interrupt | undefined;

  constructor(call: Call) {
    this.#call = call;
  }

  /** Raised when the person has left. */
  get left(): AbortSignal {
    return this.#left.signal;
  }

  /** Shows rows until they end or the person leaves. */
  async run(updates: AsyncIterable<readonly HostStatus[]>): Promise<void> {
    const { context, interrupt } = this.#call;
    const end = () => {
      this.#leave();
      interrupt.raise();
    };
    for (const signal of ENDING_SIGNALS) context.signals.on(signal, end);
    context.stdout.on("resize", this.#resized);
    this.#guard(interrupt);
    const ticking = this.#tick();
    this.#enter();
    try {
      for await (const rows of updates) {
        this.#view.all = rows;
        this.#updatedAt = context.clock.now();
        this.#draw();
      }
    } finally {
      this.#leave();
      this.#terminal?.leave();
      this.#terminal = undefined;
      for (const signal of ENDING_SIGNALS) context.signals.off(signal, end);
      context.stdout.off("resize", this.#resized);
      await ticking;
    }
  }

  #leave(): void {
    this.#running?.raise();
    this.#left.abort();
  }

  /** Ctrl-C of the line, while a command has the terminal in its usual mode, is for that command alone. */
  #guard(interrupt: Interrupt): void {
    interrupt.guard(() => {
      if (this.#running && !this.#left.signal.aborted) {
        this.#running.raise();
        this.#guard(interrupt);
        return;
      }
      this.#leave();
      interrupt.raise();
    });
  }

  async #tick(): Promise<void> {
    for (;;) {
      try {
        await this.#call.context.clock.sleep(TICK, this.#left.signal);
      } catch {
        return; // The person has left.
      }
      this.#draw();
    }
  }

  #enter(): void {
    if (this.#left.signal.aborted) return;
    const terminal = new LocalTerminal(this.#call.context);
    this.#terminal = terminal;
    this.#painter.forget();
    terminal.onBytes(
      (bytes) => this.#take(Buffer.from(bytes).toString("utf8")),
      () => this.#leave(),
    );
    terminal.enter({ fullScreen: true });
    this.#draw();
  }

  readonly #resized = (): void => {
    this.#painter.forget();
    this.#draw();
  };

  #draw(): void {
    if (this.#terminal === undefined) return;
    this.#call.out.raw(this.#painter.paint(this.#picture(this.#terminal)));
  }

  #picture({ columns, rows: height }: LocalTerminal): string[] {
    const { out, context } = this.#call;
    const now = context.clock.now();
    const room = this.#room;
    const { from, rows } = this.#view.window(room);
    const { matching, all, chosen, filter } = this.#view;
    // Laid out whole: columns stay where they are while the person scrolls.
    const [heads = "", ...every] = out.tableText(
      HOST_COLUMNS,
      matching.map((row) => hostRow(row, now)),
      columns,
    );
    const at = chosen === undefined ? -1 : rows.indexOf(chosen);
    const table = every
      .slice(from, from + rows.length)
      .map((line, n) => (n === at ? `${CHOSEN}${plain(line).padEnd(columns)}` : line));
    const shown = filter === "" ? "" : `  "${filter}": ${matching.length}`;
    const place = matching.length > room ? `  ${from + 1} to ${from + rows.length}` : "";
    const time = this.#updatedAt === 0 ? "waiting for the site" : timeOfDay(this.#updatedAt);
    const title = `oob watch  ${time}  ${summary(all)}${shown}${place}`;
    const blank = Array<string>(Math.max(0, height - OTHER_ROWS - rows.length)).fill("");
    return [this.#cut(title, columns), heads, ...table, ...blank, this.#footer(columns)];
  }

  #footer(columns: number): string {
    if (this.#question) return this.#cut(this.#question.line, columns);
    return this.#cut(this.#said === "" ? HELP : this.#said, columns);
  }

  #cut(text: string, columns: number): string {
    return cutToWidth(printable(text), columns);
  }

  get #room(): number {
    return Math.max(1, (this.#terminal?.rows ?? 24) - OTHER_ROWS);
  }

  #take(text: string): void {
    this.#said = "";
    let rest = text;
    while (rest !== "") {
      if (this.#question) {
        const [letter = ""] = rest;
        this.#question.take(letter, () => {
          this.#question = undefined;
        });
        rest = rest.slice(letter.length);
        continue;
      }
      const { key, length } = firstKey(rest);
      rest = rest.slice(length);
      if (key !== undefined) this.#onKey(key);
      // What was typed ahead of a command was not meant for it.
      if (this.#terminal === undefined || this.#left.signal.aborted) return;
    }
    this.#draw();
  }

  #onKey(key: TableKey): void {
    const host = this.#view.chosen?.host;
    switch (key) {
      case "leave":
        this.#leave();
        return;
      case "help":
        this.#said = HELP;
        return;
      case "filter":
        this.#askFilter();
        return;
      case "attach":
        if (host !== undefined)
          this.#run({ name: "attach", args: [host], options: ATTACH, waits: false });
        return;
      case "log":
        if (host !== undefined)
          this.#run({ name: "log", args: [host], options: { lines: this.#room }, waits: true });
        return;
      case "power":
        if (host !== undefined) this.#askPower(host);
        return;
      case "hold":
        if (host !== undefined) this.#askHold(host);
        return;
      case "up":
      case "down":
      case "pageUp":
      case "pageDown":
      case "first":
      case "last":
        this.#view.move(key, this.#room);
    }
  }

  #ask(text: string, done: (answer: string) => void): void {
    this.#question = new TableQuestion({
      text,
      done: (answer) => {
        if (answer !== undefined && answer.trim() !== "") done(answer.trim());
        else this.#said = "nothing done";
      },
    });
  }

  #askFilter(): void {
    const before = this.#view.filter;
    const set = (answer: string) => {
      this.#view.filter = answer;
    };
    this.#question = new TableQuestion({
      text: "filter (name, state, writer, last line): ",
      answer: before,
      changed: set,
      done: (answer) => set(answer ?? before),
    });
  }

  #askPower(host: string): void {
    this.#ask(`power of ${host} (status on off cycle reset soft nmi): `, (verb) =>
      this.#run({ name: "power", args: [verb, host], waits: true }),
    );
  }

  #askHold(host: string): void {
    if (this.#view.chosen?.hold !== undefined) {
      this.#ask(`${host} is held. Release it? Type y: `, (answer) => {
        if (answer === "y") this.#run({ name: "release", args: [host], waits: true });
      });
      return;
    }
    this.#ask(`hold ${host} for (30m, 2h): `, (text) => {
      const time = parseDuration(text);
      if (time === undefined || time === 0) this.#said = `"${text}" is no duration such as 30m`;
      else
        this.#ask("reason: ", (reason) =>
          this.#run({ name: "hold", args: [host], options: { for: time, reason }, waits: true }),
        );
    });
  }

  /** Steps aside for a command of `oob`, and comes back behind it. */
  #run(command: SideCommand): void {
    this.#terminal?.leave();
    this.#terminal = undefined;
    const interrupt = new Interrupt();
    this.#running = interrupt;
    void runBeside(this.#call, command, interrupt, this.#left.signal)
      .catch((thrown: unknown) => {
        this.#said = messageOf(thrown);
      })
      .finally(() => {
        this.#running = undefined;
        this.#enter();
      });
  }
}

/** The text of a line without our colours, for the chosen row: it is shown in reverse. */
function plain(line: string): string {
  return line.replace(/\u001b\[\d*m/g, "");
}
