import type { Rung, WatchPolicy } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import type { Action, HostState } from "../../sdk/rule.ts";
import type { IncidentSummary } from "../site/site.ts";

/** The detector's opinion, cut down to what decisions are made of. */
export interface Seen {
  readonly state: HostState;
  readonly class: string;
  readonly action: Action;
  readonly means: string;
  /** Offset at which the proof stands. */
  readonly at: number;
  readonly line: string;
  /** false: nothing was seen yet, the opinion is only a beginning. */
  readonly proven: boolean;
  /** Class of the newest evidence: a login prompt below which a warning still stands is a login prompt. */
  readonly newest: string;
}

/** A host's policy with what was learnt of it. */
export interface LivePolicy extends WatchPolicy {
  /** From how long on the silence that lasts now is unusual for this console; undefined: too little is known. */
  readonly unusualAfter?: Millis | undefined;
}

/** Why a host is suspected. */
export interface Cause {
  readonly is: "evidence" | "silence";
  /** The evidence alone says that the host is dead (action recover). All else needs a host that used to answer. */
  readonly certain: boolean;
  /** This process saw it come and every byte since. Otherwise the host may have been repaired unseen. */
  readonly live: boolean;
  readonly class: string;
  readonly means: string;
  /** What the console showed of it. */
  readonly line?: string;
  readonly at: number;
}

/** All that stays the same case while the watchdog goes through its phases. */
export interface Case {
  /** Why it is suspected now. */
  readonly cause: Cause;
  /** What it began with, where a rung was climbed since: no login after a cut is not what was wrong with the host. */
  readonly first?: Cause | undefined;
  /** An incident folder exists. */
  readonly opened: boolean;
  /** Rungs that were begun. None is begun twice. */
  readonly tried: readonly Rung[];
  /** What people were told, by key: nobody is told the same twice in one case. */
  readonly told: readonly string[];
  /** A boot was seen since power was cut last. */
  readonly booted: boolean;
  /** Somebody had answered at this console before the case began, or a login prompt had shown. */
  readonly answered: boolean;
  /** It had answered to what was typed, since it started last. */
  readonly asked?: boolean;
  /** Monotonic time at which the case began. */
  readonly began: Millis;
}

/** Probes that nobody answered. Monotonic times of their ends. */
export interface Failures {
  readonly first: Millis;
  readonly last: Millis;
  /** Something of the kernel showed (SysRq help, kernel lines), user space did not. */
  readonly kernel: boolean;
  /** Bytes came after the last one: it proves nothing now. */
  readonly stale: boolean;
}

/** A console that may have missed a boot. */
interface Unseen {
  readonly since: Millis;
  readonly asked: boolean;
  /** What came after it was asked. Where more follows by itself, it was no answer but a boot. */
  readonly answer?: string;
}

/** A rung for which a person is asked. Monotonic times. */
export interface Ask {
  readonly rung: Rung;
  /** Since when the host was suspected: a person's yes does not make the evidence younger. */
  readonly since: Millis;
  readonly until: Millis;
}

/** A person's yes. All is proven again before the act. Monotonic times. */
export interface Approval {
  readonly by: string;
  /** Where two have to. */
  readonly second?: string | undefined;
  readonly rung: Rung;
  readonly at: Millis;
  readonly until: Millis;
}

/** Where the watchdog stands with one host. */
export type Phase =
  | { readonly is: "calm" }
  | {
      readonly is: "suspect";
      readonly case: Case;
      readonly since: Millis;
      /** Not to be acted upon before: the host said that it reboots by itself, or a veto stands. */
      readonly notBefore: Millis;
      readonly waitsFor: string;
      readonly failures: Failures | undefined;
      readonly probing: boolean;
      readonly approved?: Approval | undefined;
    }
  | {
      readonly is: "acting";
      readonly case: Case;
      readonly rung: Rung;
      /** What the act stands on: since when it was suspected, and when a probe failed last. */
      readonly proof: { readonly since: Millis; readonly probeFailedAt: Millis | undefined };
      /** What came up between the decision and the act: the act must not begin. */
      readonly objection: string | undefined;
      readonly login: boolean;
      /** A person's yes, in mode ask. */
      readonly approved?: Approval | undefined;
    }
  | {
      readonly is: "watching";
      readonly case: Case;
      /** What we wait to see the effect of; "itself": the host rebooted by itself. */
      readonly rung: Rung | "itself";
      readonly deadline: Millis;
      /** The link came up in the meantime, and nothing came over it: the host may have booted unseen. */
      readonly unseen?: Unseen | undefined;
    }
  | {
      readonly is: "waiting";
      readonly case: Case;
      readonly why: string;
      readonly ask?: Ask | undefined;
    };

/** All that is remembered of a host between decisions. Times are monotonic. */
export interface WatchState {
  readonly phase: Phase;
  readonly seen: Seen;
  readonly linkUp: boolean;
  /** Bytes came or a probe was answered since this process began, or an incident of before goes on. */
  readonly seenAlive: boolean;
  /**
   * Whether somebody is there who answers. Many a console has no getty: its host is well, silent, and answers nothing.
   * "yes": to what was typed, by a prompt, since the host started and the way to it came up; "prompt": a login prompt showed
   * by itself, or something else came when it was asked; "no": asked, and not. A new boot is another matter: "unknown".
   */
  readonly answers: "yes" | "prompt" | "no" | "unknown";
  /** Since when nothing but its echo answers, where somebody used to; whether a person was told. */
  readonly echo?: { readonly since: Millis; readonly told: boolean } | undefined;
  /** The log holds bytes of this console. */
  readonly everAlive: boolean;
  /** Last byte, link up, or answered probe, whichever is newest. */
  readonly quietSince: Millis;
  readonly held: string | undefined;
  readonly seat: { readonly who: string; readonly person: boolean } | undefined;
  readonly typedAt: Millis | undefined;
  /** Evidence up to this offset was refuted by an answer, or closed by a person. */
  readonly dismissed: number;
  /** Evidence before this offset was not seen to come. */
  readonly liveFrom: number;
  /** How far the work goes that keeps hands off ("41.0 %"), and since when that shows. */
  readonly progress: { readonly mark: string; readonly at: Millis } | undefined;
  /** Nothing moves while the host is busy: told once. */
  readonly stallTold: boolean;
  readonly next: { readonly text: string; readonly at: Millis | undefined };
}

/**
 * What a probe found. `echo`: line ends came back and no text; `kernel`: only the kernel showed itself; `doubt`: nobody
 * answered, but something else says that the host may be well, or that a cut would not help; `refused`: not made.
 */
export type ProbeAnswer = "alive" | "echo" | "kernel" | "none" | "doubt" | "refused";

/** How a rung ended. `unknown`: it may or may not have happened. */
export type RungEnd = "done" | "failed" | "unknown" | "vetoed" | "stood-down";

/** What happened. */
export type Input =
  | { readonly is: "tick"; readonly lastByteAt: Millis | undefined }
  | { readonly is: "bytes" }
  | { readonly is: "opinion"; readonly seen: Seen }
  /** A person typed, and a prompt came back. */
  | { readonly is: "answered" }
  /** The host starts, whatever else came with that. */
  | { readonly is: "started" }
  | { readonly is: "link"; readonly up: boolean }
  /** Bytes are missing, or this process stood still: what came before proves nothing about now. */
  | { readonly is: "gap"; readonly why: string }
  | { readonly is: "seat"; readonly holder: WatchState["seat"] }
  | { readonly is: "typed"; readonly at: Millis }
  | { readonly is: "hold"; readonly held: string | undefined }
  | { readonly is: "self-reboot"; readonly within: Millis }
  /** It panicked, and a kernel waits in its memory that writes a dump then (kdump). */
  | { readonly is: "crash-kernel"; readonly what: string }
  /** What the work that keeps hands off shows of its progress. */
  | { readonly is: "progress"; readonly mark: string | undefined }
  /** `prompt`: what came ended in one. Other lines may have come by chance. */
  | {
      readonly is: "probe";
      readonly answer: ProbeAnswer;
      readonly text: string;
      readonly prompt?: boolean;
    }
  | {
      readonly is: "finished";
      readonly rung: Rung;
      readonly how: RungEnd;
      readonly text: string;
    }
  /** A person closed the incident. */
  | { readonly is: "closed"; readonly by: string }
  /** A person's answer to what mode ask asked. */
  | { readonly is: "approved"; readonly by: string; readonly second?: string | undefined }
  | { readonly is: "denied"; readonly by: string; readonly why: string };

/** What decide() wants done, in this order. */
export type Wish =
  | { readonly is: "open"; readonly cause: Cause }
  | { readonly is: "tell"; readonly type: string; readonly text: string }
  | { readonly is: "probe" }
  | { readonly is: "act"; readonly rung: Rung }
  | { readonly is: "page"; readonly text: string }
  | { readonly is: "mark"; readonly as: IncidentSummary["state"] }
  | { readonly is: "close"; readonly as: IncidentSummary["state"]; readonly text: string };

/** A new state and what to do. */
export interface Decision {
  readonly state: WatchState;
  readonly wishes: readonly Wish[];
}

/** Somebody was seen there since the host started, by itself or asked. */
export const showedLife = ({ answers }: Pick<WatchState, "answers">): boolean =>
  answers === "yes" || answers === "prompt";

/** Nothing is known yet. */
export function freshState(now: Millis, everAlive: boolean): WatchState {
  return {
    phase: { is: "calm" },
    seen: {
      state: "healthy",
      class: "runtime",
      action: "none",
      means: "nothing was seen yet",
      at: 0,
      line: "",
      proven: false,
      newest: "",
    },
    linkUp: false,
    seenAlive: false,
    answers: "unknown",
    everAlive,
    quietSince: now,
    held: undefined,
    seat: undefined,
    typedAt: undefined,
    dismissed: -1,
    liveFrom: 0,
    progress: undefined,
    stallTold: false,
    next: { text: "not started", at: undefined },
  };
}
