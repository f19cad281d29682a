import type { Attachment, AttachRequest, SeatView, Site } from "../../core/site/site.ts";
import type { Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { Desk } from "./desk.ts";
import { waysToWrite } from "./header.ts";

/** A daemon that restarts is asked for this often. */
const TRY_AGAIN_AFTER: Millis = 500;

/** A place at a console that was lost with its daemon. */
interface Lost {
  readonly reopen: () => Promise<Site>;
  readonly request: AttachRequest;
  /** As it was last told. */
  readonly seat: SeatView;
  readonly size: { readonly columns: number; readonly rows: number };
  pause(time: Millis): Promise<void>;
  readonly left: AbortSignal;
}

/** Waits for a daemon that may be restarting, then takes the place that was lost. undefined: the person left. */
export async function attachAgain(
  lost: Lost,
): Promise<{ readonly site: Site; readonly attachment: Attachment } | undefined> {
  while (!lost.left.aborted) {
    let site: Site | undefined;
    try {
      await lost.pause(TRY_AGAIN_AFTER);
      site = await lost.reopen();
      return { site, attachment: await site.attach(sameAgain(lost)) };
    } catch (thrown) {
      await site?.close().catch(() => {});
      if (!lost.left.aborted && !isUnreachable(thrown)) throw thrown;
    }
  }
  return undefined;
}

/** The seat is asked for, not taken: who has it by now keeps it. */
function sameAgain({ request, seat, size }: Lost): AttachRequest {
  const { columns, rows } = size;
  const mode = seat.mine === "read" ? "read" : "write";
  return { ...request, mode, columns, rows, replayLines: Math.min(rows, request.replayLines) };
}

/** Whoever wrote beside others does so again; nobody is put beside a stranger, and who reads now is told. */
export async function takeSeatAgain(desk: Desk, before: SeatView): Promise<void> {
  const { mine, writer } = desk.seat;
  if (before.mine === "read" || mine === "write" || !writer) return;
  const known = writersOf(before);
  const stranger = [writer.who, ...writersOf(desk.seat)].find((who) => !known.includes(who));
  if (stranger === undefined) await desk.attachment.setMode("join", "wrote before the restart");
  else
    desk.say(`you had the seat, and ${stranger} took it meanwhile   ${waysToWrite(desk.escape)}`);
}

const writersOf = ({ others }: SeatView): string[] =>
  others.filter(({ mode }) => mode === "write").map(({ who }) => who);

/** true where it is the daemon that is gone. */
export const isUnreachable = (thrown: unknown): boolean =>
  thrown instanceof OobError && thrown.code === "DAEMON_UNREACHABLE";
