import { cutsPower, everybody, type Interlock } from "./interlock.ts";

/** Another host hangs on the same outlet. */
export const outletShared: Interlock = {
  name: "outlet-shared",
  askers: everybody,
  forceable: true,
  object: ({ feeds, act }) => {
    const shared = (feeds ?? []).find((feed) => feed.sharedWith.length > 0);
    if (!shared || !cutsPower(act)) return undefined;
    return `outlet ${shared.id} also feeds ${shared.sharedWith.join(", ")}`;
  },
};
