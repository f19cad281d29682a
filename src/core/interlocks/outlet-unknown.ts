import { cutsPower, everybody, type Interlock } from "./interlock.ts";

/** What cannot be read is not switched off. */
export const outletUnknown: Interlock = {
  name: "outlet-unknown",
  askers: everybody,
  forceable: false,
  object: ({ feeds, act }) => {
    const unread = (feeds ?? []).find((feed) => feed.state === "unknown" && !feed.missing);
    if (!unread || !cutsPower(act)) return undefined;
    return `outlet ${unread.id} cannot be read${unread.error ? `: ${unread.error}` : ""}`;
  },
};
