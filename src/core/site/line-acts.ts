import { formatDuration } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { EventQueue } from "../session/event-queue.ts";
import type { Session } from "../session/session.ts";
import type { LineAct, LineEvent } from "./line-act.ts";
import type { SiteCore } from "./site-core.ts";
import { untilUp } from "./until-up.ts";

/** Asks, calls or hangs up the way to a console; tells what goes on. `signal`: nobody listens any more. */
export async function* actOnLine(
  core: SiteCore,
  { host, act }: { readonly host: string; readonly act: LineAct },
  who: string,
  signal: AbortSignal,
): AsyncGenerator<LineEvent> {
  const events = new EventQueue<LineEvent>();
  const tell = (text: string) => events.push({ text: printable(text) });
  const acts = { ask, dial, hangup };
  const done = acts[act](core, host, { tell, signal, who }).finally(() => events.end());
  done.catch(() => undefined);
  yield* { [Symbol.asyncIterator]: () => events };
  await done;
}

interface Around {
  readonly tell: (text: string) => void;
  readonly signal: AbortSignal;
  readonly who: string;
}

/** What the device on the way says of itself. */
async function ask(core: SiteCore, name: string, { tell, signal }: Around): Promise<void> {
  const { name: host, console: entry } = core.host(name);
  const state = core.consoles.get(host)?.portState.is;
  if (state === "up" || state === "opening")
    throw new OobError("PORT_BUSY", `Cannot ask the way to ${host}: the console is ${state}`, {
      hint: `Wait until nobody uses it, or hang up first: oob modem hangup ${host}`,
    });
  const lock = await core.devices.claim(entry, host);
  try {
    const calls = core.calls.book(host);
    const request = { signal, progress: tell, reopening: false, calls };
    for (const line of await core.devices.ask(entry, request)) tell(line);
  } finally {
    await lock.release();
  }
}

/** Calls now. It is hung up when nobody uses it. */
async function dial(core: SiteCore, name: string, { tell, signal }: Around): Promise<void> {
  const { name: host, console: entry } = core.host(name);
  const session = await core.consoles.open(host);
  const unfollow = session.follow({
    state: (state) => {
      if (state.is === "opening" && state.progress !== "") tell(state.progress);
    },
  });
  const release = session.demand?.hold();
  if (!release) session.retryNow();
  try {
    await untilUp(session, core.clock, signal);
    const { portState } = session;
    tell(`up: ${portState.is === "up" ? portState.label : portState.is}`);
    const { onDemand } = entry;
    if (core.role === "direct") tell("no daemon runs: hung up now, as this command ends");
    else if (onDemand) tell(`hung up when unused for ${formatDuration(onDemand.hangupAfter)}`);
  } finally {
    unfollow();
    release?.();
  }
}

async function hangup(core: SiteCore, name: string, { tell, who, signal }: Around): Promise<void> {
  const { name: host } = core.host(name);
  const session = core.consoles.get(host);
  const state = session?.portState.is ?? "closed";
  if (session === undefined || (state !== "up" && state !== "opening")) {
    tell(`nothing to hang up: the console is ${state}`);
    return;
  }
  if (!session.demand)
    throw new OobError("LINK_UNSUPPORTED", `Cannot hang up ${host}: it is not on demand`, {
      hint: "It would be opened again at once; set on-demand: true in its console entry",
    });
  const over = untilOver(session, signal);
  session.demand.giveUp(`hung up by ${who}`);
  core.audit.note({ type: "call.hangup", host, by: who, text: `${who} hangs up`, data: {} });
  await over;
  const { outcome, text } = core.calls.lastOf(host) ?? {};
  tell(outcome === undefined ? "closed" : `${outcome}: ${text}`);
}

function untilOver(session: Session, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const unfollow = session.follow({
      state: (state) => {
        if (state.is === "up" || state.is === "opening") return;
        unfollow();
        resolve();
      },
    });
    signal.addEventListener("abort", () => {
      unfollow();
      reject(signal.reason);
    });
  });
}
