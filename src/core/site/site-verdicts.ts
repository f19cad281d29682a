import type { Rung } from "../../config/site-config.ts";
import { OobError } from "../../lib/errors.ts";
import type { Incident } from "../incident/incident.ts";
import type { PersonVerdicts } from "../watchdog/person-verdicts.ts";
import type { SiteCore } from "./site-core.ts";

/** What a person decided of an incident. */
export type PersonVerdict =
  | { readonly is: "close" }
  | { readonly is: "approve"; readonly rung: Rung; readonly second?: string | undefined }
  | { readonly is: "deny" };

/** Puts it into force. Without a watchdog in this process, an incident can only be closed. */
export async function decideIncident(
  core: SiteCore,
  found: Incident,
  verdict: PersonVerdict,
  by: string,
  reason: string,
): Promise<void> {
  const { id, host } = found.record;
  switch (verdict.is) {
    case "close":
      if (core.watchdog) core.watchdog.closeIncident(id, by, reason);
      else await closeAlone(core, found, by, reason);
      return;
    case "approve":
      return verdictsOf(core, verdict.is, id, host).approve(
        id,
        verdict.rung,
        by,
        reason,
        verdict.second,
      );
    case "deny":
      return verdictsOf(core, verdict.is, id, host).deny(id, by, reason);
  }
}

function verdictsOf(
  { watchdog }: SiteCore,
  verb: string,
  id: number,
  host: string,
): PersonVerdicts {
  if (watchdog) return watchdog.verdicts;
  throw new OobError(
    "GUARD_REFUSED",
    `Cannot ${verb} incident ${id} of ${host}: nobody watches, no daemon runs`,
    { hint: `Start it (oob serve), or by hand: oob power cycle ${host}` },
  );
}

async function closeAlone(core: SiteCore, found: Incident, by: string, reason: string) {
  const { id, host } = found.record;
  found.close("closed", `${by}: ${reason}`);
  const text = `incident ${id} closed: ${reason}`;
  await core.audit.commit({ type: "incident.close", host, by, text, data: { incident: id } });
}
