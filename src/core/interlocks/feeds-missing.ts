import { cutsPower, everybody, type Interlock } from "./interlock.ts";

/** A host is cut only where all its feeds are ours. */
export const feedsMissing: Interlock = {
  name: "feeds-missing",
  askers: everybody,
  forceable: false,
  object: ({ feeds, act }) =>
    feeds?.length === 0 && cutsPower(act) ? "no outlet of this host is configured" : undefined,
};
