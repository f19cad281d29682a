import { cutsPower, everybody, type Interlock } from "./interlock.ts";

/** Another host hangs on the same outlet: it is switched where the order moves it for both. */
export const outletShared: Interlock = {
  name: "outlet-shared",
  askers: everybody,
  forceable: false,
  object: ({ feeds, act, host, together, asOne = together }) => {
    if (!cutsPower(act)) return undefined;
    for (const { id, sharedWith } of feeds ?? []) {
      const others = sharedWith.filter((name) => !asOne.includes(name));
      if (others.length === 0) continue;
      if (others.every((name) => together.includes(name)))
        return `outlet ${id} also feeds ${others.join(", ")}, which could not be read at first: ask again`;
      return `outlet ${id} also feeds ${others.join(", ")}: name ${[host, ...sharedWith].join(" and ")}`;
    }
    return undefined;
  },
};
