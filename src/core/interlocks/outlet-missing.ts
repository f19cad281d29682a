import { cutsPower, everybody, type Interlock } from "./interlock.ts";

/** An outlet that its device has not: a typing error in the configuration, or a device that was exchanged. */
export const outletMissing: Interlock = {
  name: "outlet-missing",
  askers: everybody,
  forceable: false,
  object: ({ feeds, act }) => {
    const missing = (feeds ?? []).find((feed) => feed.missing);
    if (!missing || !cutsPower(act)) return undefined;
    return missing.error ?? `outlet ${missing.id} does not exist`;
  },
};
