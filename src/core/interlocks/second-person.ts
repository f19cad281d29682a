import { everybody, type Interlock, takesDown } from "./interlock.ts";

/** What takes a `two-person` host down was not wanted by two. */
export const secondPerson: Interlock = {
  name: "second-person",
  askers: everybody,
  forceable: false,
  object({ twoPerson, second, asker, by, person, act }) {
    if (!twoPerson || !takesDown(act)) return undefined;
    // The watchdog and a runbook of the schedule are nobody: without a person there is no first one.
    const first = asker === "person" ? by : person;
    if (first !== undefined && second !== undefined && second !== first) return undefined;
    return "two people have to want it, and a second one has not approved it";
  },
};
