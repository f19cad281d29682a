import type { SiteConfig } from "../../config/site-config.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Audit } from "../audit/audit.ts";
import { waitBefore } from "../port/reconnect.ts";
import type { CallLog } from "./call-log.ts";
import type { SiteDevices } from "./site-devices.ts";

interface LeftCallParts {
  readonly calls: Pick<CallLog, "leftOpen">;
  readonly config: SiteConfig;
  readonly devices: Pick<SiteDevices, "claim" | "ask">;
  readonly audit: Pick<Audit, "note">;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Ends what a process left behind when it was killed in the midst of a call: a modem hangs up only when it is told to,
 * and a line that nobody uses costs money. Making the modem ready hangs up. Consoles that are not on demand are opened
 * again anyway, and that does the same. Never throws.
 */
export async function endLeftCalls(parts: LeftCallParts): Promise<void> {
  try {
    await Promise.all(parts.calls.leftOpen().map((left) => endLeft(parts, left)));
  } catch (thrown) {
    parts.audit.note({ type: "call.left", by: "oob", text: messageOf(thrown) });
  }
}

async function endLeft(
  parts: LeftCallParts,
  { call, end }: ReturnType<CallLog["leftOpen"]>[number],
): Promise<void> {
  const { config, devices, audit, clock, signal } = parts;
  const { host, number } = call;
  const console = config.hosts.get(host)?.console;
  const entry = console?.onDemand ? console : config.pdus.get(host)?.via;
  const tell = (text: string) => audit.note({ type: "call.left", host, by: "oob", text });
  if (!entry) return end("unknown", "the process that called was killed");
  // A port of a console server may be busy for a while with what the killed process left there.
  for (let failures = 1; !signal.aborted; failures++) {
    try {
      const lock = await devices.claim(entry, host);
      try {
        await devices.ask(entry, { signal, progress: () => {}, reopening: false });
      } finally {
        await lock.release();
      }
      await end("hung-up", "after the process that called was killed");
      tell(`the call of ${number} that a killed process had left open is hung up`);
      return;
    } catch (thrown) {
      const what = `the line to ${number} may still be open since a process was killed`;
      if (failures === 1) tell(`${what}, it is tried again: ${messageOf(thrown)}`);
      const wait = waitBefore(failures, Number.POSITIVE_INFINITY, 0);
      await clock.sleep(wait, signal).catch(() => undefined);
    }
  }
}
