import type { Action, Evidence } from "../../sdk/rule.ts";

/** What stands, by kind. An opinion is chosen from these; new evidence and signs of life move them. */
export interface Slots {
  readonly crash?: Evidence | undefined;
  readonly stuck?: Evidence | undefined;
  readonly loop?: Evidence | undefined;
  readonly busy?: Evidence | undefined;
  readonly warning?: Evidence | undefined;
  readonly healthy?: Evidence | undefined;
}

const RANK: Readonly<Record<Action, number>> = {
  none: 0,
  notify: 1,
  hold: 2,
  confirm: 3,
  recover: 4,
};

/** Work that a power cut would ruin: it keeps others from acting even beside signs of a half-dead kernel. */
const DELICATE = new Set(["crash-dump", "fsck", "firmware", "upgrade", "os-install", "memtest"]);

/** Classes that say less than others about the same trouble. */
const VAGUE = new Set(["kernel-warning", "service-failed", "firmware-bug"]);

/** Warnings that a prompt settles. */
const PASSING = new Set(["firmware-bug", "panic"]);

export const rank = (evidence: Evidence | undefined): number =>
  evidence ? RANK[evidence.action] : -1;

/** Adds evidence to what stands. */
export function raise(slots: Slots, e: Evidence): Slots {
  switch (e.state) {
    case "healthy":
      return { ...slots, healthy: e };
    case "warning":
      return { ...slots, warning: moreTelling(slots.warning, e) };
    case "busy":
      return { ...slots, busy: slots.busy?.class === e.class ? slots.busy : e, stuck: undefined };
    case "stuck":
      return { ...slots, busy: undefined, stuck: moreUrgent(slots.stuck, e) };
    case "crash":
      // A panic ends all work, a dump among it that came before.
      return {
        ...slots,
        crash: isWorse(e, slots.crash) ? e : slots.crash,
        busy: e.action === "recover" ? undefined : slots.busy,
      };
  }
}

function isWorse(e: Evidence, old: Evidence | undefined): boolean {
  if (rank(e) !== rank(old)) return rank(e) > rank(old);
  return e.class === "panic" && old?.class !== "panic";
}

function moreTelling(old: Evidence | undefined, e: Evidence): Evidence {
  if (!old) return e;
  return old.class === e.class || VAGUE.has(e.class) ? old : e;
}

/** The first of its class stands; a prompt that says less does not replace one that says more. */
function moreUrgent(old: Evidence | undefined, e: Evidence): Evidence {
  if (!old || rank(e) > rank(old)) return e;
  return old.class === e.class || rank(old) > rank(e) ? old : e;
}

/** A prompt came: what looked dead is not. A fault that was survived stays as a warning; a panic was none. */
export function survive(slots: Slots, life: Evidence | undefined): Slots {
  const { crash, busy, warning } = slots;
  const scar: Evidence | undefined =
    crash?.action === "confirm" && crash.class !== "panic"
      ? { ...crash, state: "warning", action: "notify" }
      : undefined;
  return {
    healthy: life,
    warning: scar ?? (warning && PASSING.has(warning.class) ? undefined : warning),
    // A reboot that is ordered and waits leaves its prompt to the one who ordered it.
    busy: busy?.class === "reboot" || busy?.class === "raid-rebuild" ? busy : undefined,
  };
}

/** What counts most of all that stands. */
export function standing(slots: Slots): Evidence | undefined {
  const { crash, stuck, loop, busy, warning, healthy } = slots;
  if (busy?.class === "crash-dump") return busy;
  // The last of its boots shows a kernel that may still live: a probe is due first.
  if (loop) return crash?.action === "confirm" ? { ...loop, action: "confirm" } : loop;
  if (crash?.action === "recover") return crash;
  if (stuck && rank(stuck) >= rank(crash)) return stuck;
  if (busy && (DELICATE.has(busy.class) || !crash)) return busy;
  return crash ?? stuck ?? warning ?? healthy;
}
