import { seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import type { RunbookHands } from "../runbook.ts";
import { rebootBySysrq } from "../sysrq.ts";

/** How a host is restarted. */
export const RESTARTS = {
  auto: "reboot it from its shell, or cycle its power where no shell answers",
  reboot: "reboot it from its shell",
  sysrq: "reboot it by SysRq s, u, b",
  cycle: "cycle its power",
} as const;

/** A way to restart a host. */
export type Restart = keyof typeof RESTARTS;

/** A host that does not answer or refuses may be cycled; a person at the console, a cancelled run may not. */
const isSayable = (thrown: unknown): boolean =>
  thrown instanceof OobError &&
  ["EXPECT_TIMEOUT", "LOGIN_REFUSED", "RUNBOOK_FAILED"].includes(thrown.code);

/** Restarts the host, and looks out for what comes first on its console, which power read back may be too late for. */
export async function restartInto<T>(
  hands: RunbookHands,
  way: Restart,
  lookOut: () => Promise<T>,
): Promise<T> {
  const { console, host, note, power } = hands;
  const cycle = async () => {
    const seen = lookOut();
    seen.catch(() => undefined);
    await power.cycle();
    return seen;
  };
  if (way === "cycle") return cycle();
  if (way === "sysrq") await rebootBySysrq(console, host.name, note);
  else {
    try {
      await console.login(seconds(60));
      await hands.identify();
    } catch (thrown) {
      if (way === "reboot" || !isSayable(thrown)) throw thrown;
      note(`no shell to reboot from: ${messageOf(thrown)}`);
      return cycle();
    }
    await console.send(" reboot\r");
  }
  return lookOut();
}
