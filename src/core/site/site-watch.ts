import type { HostEntry } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import type { HostStatus } from "./site.ts";
import type { SiteCore } from "./site-core.ts";

/** How often rows are looked at while somebody watches. */
const EVERY: Millis = seconds(1);
/** Outlets are read anew after this long. */
const POWER_EVERY: Millis = seconds(30);

/** Rows of hosts, again whenever they changed. By itself, a command opens the consoles and watches them. */
export async function* watchRows(
  core: SiteCore,
  hosts: readonly HostEntry[],
  signal: AbortSignal,
): AsyncGenerator<readonly HostStatus[]> {
  if (core.role === "direct") {
    // A console that cannot be opened says so in its row.
    await Promise.allSettled(hosts.map((host) => core.consoles.open(host.name)));
    await core.watch();
  }
  let shown = "";
  let powerAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    const now = core.clock.monotonic();
    if (now - powerAt >= POWER_EVERY) {
      powerAt = now;
      // Not waited for: a PDU that does not answer must not hold up the consoles.
      for (const host of hosts)
        if (host.outlets.length > 0) void core.readPower(host.name).catch(() => {});
    }
    const rows = await Promise.all(hosts.map((host) => core.status.freshRow(host)));
    const text = JSON.stringify(rows);
    if (text !== shown) {
      shown = text;
      yield rows;
    }
    await core.clock.sleep(EVERY, signal);
  }
}
