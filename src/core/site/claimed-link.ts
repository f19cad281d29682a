import type { Link } from "../../sdk/link.ts";
import type { PortLock } from "../port/port-lock.ts";

/** Opens a Link on a device that is taken for as long as the Link lives: others may have it in between. */
export async function claimedLink(
  claim: () => Promise<PortLock>,
  open: () => Promise<Link>,
): Promise<Link> {
  const lock = await claim();
  try {
    const link = await open();
    const close = link.close.bind(link);
    return Object.assign(link, {
      close: async () => {
        try {
          await close();
        } finally {
          await lock.release();
        }
      },
    });
  } catch (thrown) {
    await lock.release();
    throw thrown;
  }
}
