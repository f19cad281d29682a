import type { DeviceEntry } from "../../config/site-config.ts";
import type { Link } from "../../sdk/link.ts";
import type { SiteDevices } from "./site-devices.ts";

/** Opens a device that is no host's console: a modem that answers calls, or makes them. Throws PORT_BUSY. */
export async function openDevice(
  devices: Pick<SiteDevices, "claim" | "openLink">,
  entry: DeviceEntry,
  signal: AbortSignal,
): Promise<{ readonly link: Link; close(): Promise<void> }> {
  const lock = await devices.claim(entry);
  try {
    const link = await devices.openLink(entry, { signal, progress: () => {}, reopening: false });
    const close = async () => {
      try {
        await link.close();
      } finally {
        await lock.release();
      }
    };
    return { link, close };
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}
