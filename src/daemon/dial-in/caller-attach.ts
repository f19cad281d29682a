import { type EscapeEvent, EscapeKeys } from "../../codec/escape-keys.ts";
import { ESCAPE_PROFILES } from "../../codec/escape-profile.ts";
import type { AttachEvent, Attachment, AttachRequest, Site } from "../../core/site/site.ts";
import type { Clock, Millis, Timer } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import type { Caller } from "./caller.ts";

/** What is shown of the console when somebody comes: a line at 9600 baud takes 80 characters in 0.1 s. */
const REPLAY_LINES = 20;
/** What was typed before somebody left may still take this long to reach the console. */
const TYPED_OUT: Millis = seconds(5);
/** Keys that wait for a console that takes none; what is typed beyond them rings the bell. */
const MAX_WAITING = 4096;
const BEL = Uint8Array.of(7);
const [OURS] = ESCAPE_PROFILES;
const HELP =
  "^] .  leave     ^] b  BREAK     ^] f  take over     ^] r  read only     ^] ^]  send ^] itself";

interface AttachOrder {
  readonly caller: Caller;
  readonly site: Site;
  readonly clock: Clock;
  readonly host: string;
  readonly mode: AttachRequest["mode"];
  readonly from: string;
  /** A caller who types nothing for so long is hung up on. */
  readonly idle: Millis;
}

/** Stands at a console until the caller leaves, or the call ends: then the seat is given back as lost. */
export async function attachCaller(order: AttachOrder): Promise<void> {
  const { caller, site, host, mode, from } = order;
  const attachment = await site.attach({
    host,
    mode,
    reason: "dial-in",
    replayLines: REPLAY_LINES,
    filter: "safe",
    columns: 80,
    rows: 24,
    from,
  });
  const done = new AbortController();
  try {
    const showing = show(caller, attachment, done.signal).then(() => done.abort());
    const typing = type(order, attachment, done);
    await Promise.race([showing, typing]);
  } finally {
    done.abort();
    await attachment.leave(caller.over.aborted ? "hung-up" : "left");
  }
}

async function show(caller: Caller, attachment: Attachment, left: AbortSignal): Promise<void> {
  for await (const event of attachment.events) {
    if (caller.over.aborted || left.aborted) return;
    if (event.is === "bytes") await caller.pass(event.bytes, left);
    else for (const line of inWords(event)) await caller.print("", `[${line}]`);
    if (event.is === "ended") return;
  }
}

function inWords(event: Exclude<AttachEvent, { is: "bytes" }>): string[] {
  switch (event.is) {
    case "welcome": {
      const { seat, status } = event;
      const writes = seat.mine === "write" ? "you write" : "you read";
      const who = seat.writer && seat.mine === "read" ? `, ${seat.writer.who} writes` : "";
      return [`${status.host}: ${writes}${who}; leave: ^] .   help: ^] ?`];
    }
    case "skipped":
      return [`${event.bytes} bytes were skipped: the line is slower than the console`];
    case "seat":
    case "notice":
      return [event.text];
    case "ended":
      return [event.why];
  }
}

async function type(
  { caller, clock, idle }: AttachOrder,
  attachment: Attachment,
  done: AbortController,
): Promise<void> {
  const keys = new EscapeKeys(OURS);
  let timer: Timer | undefined;
  const rest = () => {
    timer?.cancel();
    timer = clock.after(idle, () => void caller.hangUp("nothing was typed"));
  };
  const tell = (thrown: unknown) =>
    caller.print("", `[${thrown instanceof Error ? thrown.message : String(thrown)}]`);
  let turn: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const meant = (event: EscapeEvent): (() => Promise<unknown>) | undefined => {
    const mode = MODES.get(event.is);
    if (mode !== undefined) return () => attachment.setMode(mode, "dial-in");
    if (event.is === "bytes") {
      if (waiting >= MAX_WAITING) {
        void caller.pass(BEL);
        return undefined;
      }
      waiting += event.bytes.length;
      return () => attachment.write(event.bytes).finally(() => (waiting -= event.bytes.length));
    }
    if (event.is === "break") return () => attachment.sendBreak();
    if (event.is === "menu" || event.is === "menuClosed") return undefined;
    return () => caller.print("", HELP);
  };
  const take = (bytes: Uint8Array) => {
    rest();
    for (const event of keys.receive(bytes, clock.monotonic())) {
      // Not in turn: a console that takes nothing holds nobody. What is typed behind it is not for the host.
      if (event.is === "leave") return done.abort();
      const step = meant(event);
      if (step) turn = turn.then(step).catch(tell);
    }
  };
  rest();
  await caller.listen(take, done.signal);
  timer?.cancel();
  const typed = new AbortController();
  const late = clock.sleep(TYPED_OUT, AbortSignal.any([typed.signal, caller.over]));
  await Promise.race([turn, late.catch(() => undefined)]);
  typed.abort();
}

const MODES: ReadonlyMap<string, AttachRequest["mode"]> = new Map([
  ["force", "force"],
  ["readOnly", "read"],
  ["write", "write"],
  ["join", "join"],
]);
