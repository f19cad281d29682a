import { OobError } from "../../lib/errors.ts";
import type { IntentDoors } from "./intent-doors.ts";
import type { PowerEvent } from "./site.ts";

/** The daemon keeps intents, for all of its sockets; a site in this process has none. */
export const noIntents: IntentDoors<PowerEvent> = {
  intents: () => Promise.resolve([]),
  approveIntent: none,
  withdrawIntent: none,
};

function none(id: number): never {
  throw new OobError("DAEMON_UNREACHABLE", `Cannot find intent ${id}: no daemon runs here`, {
    hint: "The daemon keeps intents: oob serve",
  });
}
