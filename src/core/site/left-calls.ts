import type { SiteConfig } from "../../config/site-config.ts";
import { messageOf } from "../../lib/errors.ts";
import type { Audit } from "../audit/audit.ts";
import type { CallLog } from "./call-log.ts";
import type { SiteDevices } from "./site-devices.ts";

/**
 * Ends what a process left behind when it was killed in the midst of a call: a modem hangs up only when it is told to,
 * and a line that nobody uses costs money. Making the modem ready hangs up. Consoles that are not on demand are opened
 * again anyway, and that does the same.
 */
export async function endLeftCalls(parts: {
  readonly calls: CallLog;
  readonly config: SiteConfig;
  readonly devices: SiteDevices;
  readonly audit: Pick<Audit, "note">;
  readonly signal: AbortSignal;
}): Promise<void> {
  const { calls, config, devices, audit, signal } = parts;
  for (const { call, end } of calls.leftOpen()) {
    const { host, number } = call;
    const entry = config.hosts.get(host)?.console;
    const tell = (text: string) => audit.note({ type: "call.left", host, by: "oob", text });
    try {
      if (!entry?.onDemand) await end("unknown", "the process that called was killed");
      else {
        const lock = await devices.claim(entry, host);
        try {
          await devices.ask(entry, { signal, progress: () => {}, reopening: false });
        } finally {
          await lock.release();
        }
        await end("hung-up", "after the process that called was killed");
        tell(`the call of ${number} that a killed process had left open is hung up`);
      }
    } catch (thrown) {
      tell(
        `the line to ${number} may still be open since a process was killed: ${messageOf(thrown)}`,
      );
    }
  }
}
