import { EXCHANGED } from "../power/power-outlets.ts";
import { cutsPower, everybody, type Facts, type Feed, type Interlock } from "./interlock.ts";

/** The feed that this objects to. */
export const unreadFeed = (facts: Facts): Feed | undefined =>
  cutsPower(facts.act)
    ? facts.feeds?.find(
        (feed) =>
          feed.state === "unknown" && feed.missing !== true && !isToldByOrder(facts.asker, feed),
      )
    : undefined;

/**
 * A PDU that was exchanged: the order itself reads it again and refuses, and the person who then asks once more has been
 * told. Nothing that acts by itself comes so far.
 */
const isToldByOrder = (asker: Facts["asker"], { cause }: Feed): boolean =>
  asker === "person" && cause?.hint === EXCHANGED;

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
