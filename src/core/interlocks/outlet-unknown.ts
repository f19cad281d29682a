import { cutsPower, everybody, type Facts, type Feed, type Interlock } from "./interlock.ts";

/** The feed that this objects to. */
export const unreadFeed = ({ feeds, act }: Facts): Feed | undefined =>
  cutsPower(act)
    ? feeds?.find((feed) => feed.state === "unknown" && feed.missing !== true)
    : undefined;

/** What cannot be read is not switched off. */
export const outletUnknown: Interlock = {
  name: "outlet-unknown",
  askers: everybody,
  forceable: false,
  object: (facts) => {
    const unread = unreadFeed(facts);
    if (!unread) return undefined;
    return `outlet ${unread.id} cannot be read${unread.error ? `: ${unread.error}` : ""}`;
  },
};
