import type { Millis } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { ModemLines } from "../../sdk/link.ts";
import { droppedLines, lookBeside } from "./beside.ts";
import { CrashKernel } from "./crash-kernel.ts";
import type { ProbeReport } from "./probe.ts";
import type { HostParts, Mind, WatchedHost } from "./watchdog-parts.ts";
import type { HostStory } from "./watchdog-story.ts";
import { askConsole } from "./watchdog-view.ts";

type Found = Awaited<ReturnType<typeof askConsole>>;

interface ProberParts {
  readonly host: WatchedHost;
  readonly parts: HostParts;
  readonly story: HostStory;
  /** A silent host answered. */
  readonly answered: (silentSince: Millis) => void;
}

/** Asks one host, one probe at a time. */
export class Prober {
  readonly #parts: ProberParts;
  #under = new AbortController();
  /** Whether it was looked what the host does by itself: once in a doubt, and once more when that ended in a panic. */
  readonly #ownCureRead = { certain: false, doubt: false };
  readonly crashKernel = new CrashKernel();
  /** The modem lines when somebody answered last. */
  #aliveLines: ModemLines | undefined;

  constructor(parts: ProberParts) {
    this.#parts = parts;
  }

  /** Ends the probe under way: it proves nothing. */
  stop(why: string): void {
    this.#under.abort(new Error(why));
  }

  /** The case is over: in the next one, "Rebooting in N seconds" is looked for again. */
  forget(): void {
    Object.assign(this.#ownCureRead, { certain: false, doubt: false });
  }

  /** Makes a probe, and tells what it brought. Whoever approved the next act lends the seat for it. */
  async make(mind: Mind): Promise<void> {
    const { story, answered } = this.#parts;
    const { phase, quietSince } = mind.state;
    const suspect = phase.is === "suspect" ? phase : undefined;
    const cause = suspect?.case.cause.certain ? "certain" : "doubt";
    const asked = await this.#ask(suspect?.approved?.by, cause);
    if (!asked) return;
    const mine = this.#under;
    const silent = suspect?.case.cause.is === "silence";
    const found = await this.#besides(asked, silent, mine.signal);
    if (this.#under !== mine) return;
    story.asked(found);
    if (found.answer === "alive") this.#aliveLines = found.lines;
    if (found.answer === "alive" && silent) answered(quietSince);
    if (found.rebootsWithin !== undefined)
      mind.give({ is: "self-reboot", within: found.rebootsWithin });
    else story.note("watch.probe", found.text);
    if (found.crashKernel !== undefined) mind.give({ is: "crash-kernel", what: found.crashKernel });
    story.incident?.probed(found);
    const { answer, text, prompt } = found;
    mind.give({ is: "probe", answer, text, ...(prompt !== undefined && { prompt }) });
    // The first failed probe opens the incident: its steps belong into it.
    if (story.incident?.record.probes.length === 0) story.incident.probed(found);
  }

  /** Where nobody answered: what stands beside the console. It goes into the record, and may raise a doubt. */
  async #besides(
    found: ProbeReport & Found,
    silent: boolean,
    signal: AbortSignal,
  ): Promise<ProbeReport & Found> {
    const { host, parts } = this.#parts;
    if (found.answer !== "none" && found.answer !== "kernel") return found;
    const { offset } = host.console;
    const beside = await lookBeside(host, parts, silent);
    const dropped = silent ? droppedLines(this.#aliveLines, found.lines) : undefined;
    const doubts = [dropped, beside.doubt].filter((one) => one !== undefined);
    const steps = [...found.steps, ...beside.steps];
    // That took its time, in which nobody listened: an answer, or a reason against it, may have come.
    const late = signal.aborted ? messageOf(signal.reason) : "the console spoke meanwhile";
    if (signal.aborted || host.console.offset !== offset)
      return { ...found, steps, answer: "refused", text: late };
    if (doubts.length === 0) return { ...found, steps };
    return { ...found, steps, answer: "doubt", text: doubts.join(", and ") };
  }

  /** What was found; undefined where another probe has begun meanwhile. */
  async #ask(
    person: string | undefined,
    cause: "certain" | "doubt",
  ): Promise<(ProbeReport & Found) | undefined> {
    this.stop("another probe begins");
    const mine = new AbortController();
    this.#under = mine;
    const { host, parts } = this.#parts;
    const order = { host, parts, signal: mine.signal, person, crashKernel: this.crashKernel };
    const found = await askConsole({ ...order, readReboot: !this.#ownCureRead[cause] });
    this.#ownCureRead[cause] = true;
    return this.#under === mine ? found : undefined;
  }
}
