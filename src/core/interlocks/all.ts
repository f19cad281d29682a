import { alreadyOff } from "./already-off.ts";
import { auditUnwritable } from "./audit-unwritable.ts";
import { blind } from "./blind.ts";
import { budgetHost } from "./budget-host.ts";
import { budgetSite } from "./budget-site.ts";
import { busy } from "./busy.ts";
import { clockStepped } from "./clock-stepped.ts";
import { coolDown } from "./cool-down.ts";
import { deafWay } from "./deaf-way.ts";
import { dumpRunning } from "./dump-running.ts";
import { feedsMissing } from "./feeds-missing.ts";
import { fleetBreaker } from "./fleet-breaker.ts";
import { held } from "./held.ts";
import type { Facts, Interlock, Verdict } from "./interlock.ts";
import { lifeline } from "./lifeline.ts";
import { needs } from "./needs.ts";
import { outletMissing } from "./outlet-missing.ts";
import { outletShared } from "./outlet-shared.ts";
import { outletUnknown } from "./outlet-unknown.ts";
import { overLimit } from "./over-limit.ts";
import { ownTyping } from "./own-typing.ts";
import { personTyped } from "./person-typed.ts";
import { quietHours } from "./quiet-hours.ts";
import { seatHeld } from "./seat-held.ts";
import { secondPerson } from "./second-person.ts";
import { staleEvidence } from "./stale-evidence.ts";

/** Every interlock, in the order in which people read their verdicts. A test compares it with the folder. */
export const interlocks: readonly Interlock[] = [
  auditUnwritable,
  secondPerson,
  held,
  seatHeld,
  personTyped,
  ownTyping,
  dumpRunning,
  busy,
  quietHours,
  blind,
  deafWay,
  staleEvidence,
  needs,
  fleetBreaker,
  feedsMissing,
  outletMissing,
  outletUnknown,
  lifeline,
  outletShared,
  overLimit,
  alreadyOff,
  budgetHost,
  budgetSite,
  coolDown,
  clockStepped,
];

/** Runs all interlocks and keeps all verdicts: one that objects does not hide the others. */
export function judge(facts: Facts): readonly Verdict[] {
  return interlocks
    .filter((interlock) => interlock.askers.includes(facts.asker))
    .map(({ name, forceable, object }) => {
      const objection = object(facts);
      const passes = objection === undefined;
      return { interlock: name, passes, text: objection ?? "no objection", forceable };
    });
}
