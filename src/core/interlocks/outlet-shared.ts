import { cutsPower, everybody, type Interlock } from "./interlock.ts";

/** Another host hangs on the same outlet: it is switched where the order names both. */
export const outletShared: Interlock = {
  name: "outlet-shared",
  askers: everybody,
  forceable: false,
  object: ({ feeds, act, host, together }) => {
    if (!cutsPower(act)) return undefined;
    for (const { id, sharedWith } of feeds ?? []) {
      const others = sharedWith.filter((name) => !together.includes(name));
      if (others.length > 0)
        return `outlet ${id} also feeds ${others.join(", ")}: name ${[host, ...sharedWith].join(" and ")}`;
    }
    return undefined;
  },
};
