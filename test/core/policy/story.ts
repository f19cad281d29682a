import type { WatchPolicy } from "../../../src/config/site-config.ts";
import { decide } from "../../../src/core/policy/decide.ts";
import { freshState, type Input, type Seen, type Wish } from "../../../src/core/policy/state.ts";
import { minutes, seconds } from "../../../src/lib/durations.ts";

export const policy: WatchPolicy = {
  mode: "act",
  ladder: ["nudge", "sysrq", "cycle", "page"],
  confirmFor: seconds(60),
  silence: minutes(10),
  handsOff: minutes(10),
  bootWithin: minutes(5),
  budget: { cycles: 2, per: minutes(360) },
  sysrq: false,
  quiet: [],
};

let offset = 100;
export const seen = (
  state: Seen["state"],
  hostClass: string,
  action: Seen["action"] = "none",
): Seen => ({
  state,
  class: hostClass,
  action,
  means: `seen ${hostClass}`,
  at: offset++,
  line: "",
  proven: true,
  newest: hostClass,
});
export const panic = () => seen("crash", "panic", "recover");
export const login = () => seen("healthy", "login-prompt");
export const boot = () => seen("healthy", "boot");

export const oops = () => seen("crash", "oops", "confirm");

/** One host's story, told by inputs and the passing of time. */
export class Story {
  now = 0;
  state = freshState(0, true);
  wishes: Wish[] = [];
  readonly policy: WatchPolicy;

  constructor(change: Partial<WatchPolicy> = {}) {
    this.policy = { ...policy, ...change };
    this.give({ is: "link", up: true });
    this.give({ is: "bytes" });
    this.give({ is: "opinion", seen: login() });
    this.wishes = [];
  }

  give(input: Input): this {
    const decision = decide(this.policy, this.state, input, this.now);
    this.state = decision.state;
    this.wishes.push(...decision.wishes);
    return this;
  }

  see(what: Seen): this {
    return this.give({ is: "bytes" }).give({ is: "opinion", seen: what });
  }

  /** Passes time as the watchdog does: wakes at `next.at`, and answers each probe after 20 s. */
  pass(time: number, answer: "none" | "kernel" | "alive" | "refused" = "none"): this {
    const end = this.now + time;
    for (;;) {
      const { phase, next } = this.state;
      const probing = phase.is === "suspect" && phase.probing;
      const at = probing ? this.now + seconds(20) : (next.at ?? end);
      if (at > end) break;
      this.now = Math.max(at, this.now);
      this.give(
        probing
          ? { is: "probe", answer, text: `probe ${answer}`, prompt: answer === "alive" }
          : { is: "tick", lastByteAt: undefined },
      );
      if (this.now >= end) break;
    }
    this.now = end;
    return this.give({ is: "tick", lastByteAt: undefined });
  }

  acts(): string[] {
    return this.wishes.flatMap((wish) => (wish.is === "act" ? [wish.rung] : []));
  }

  pages(): string[] {
    return this.wishes.flatMap((wish) => (wish.is === "page" ? [wish.text] : []));
  }

  closes(): string[] {
    return this.wishes.flatMap((wish) => (wish.is === "close" ? [wish.as] : []));
  }
}
