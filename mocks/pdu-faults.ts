import type { Millis } from "../src/lib/clock.ts";
import type { WireFaults } from "./snmp-agent.ts";

/** Faults of the device itself, all outlets alike; those of the network are in WireFaults. */
export interface PduFaults extends WireFaults {
  /** Takes the command and forgets it. */
  ignores?: boolean;
  /** The relay moves that much later. */
  lateMs?: Millis;
  /** Shows "pending" that long, then moves. */
  pendingMs?: Millis;
  /** Refuses SETs: "genErr", "noAccess" or "wrongValue". */
  refuses?: "genErr" | "noAccess" | "wrongValue" | undefined;
  /** Refuses only to switch on. */
  refusesOn?: boolean;
  /** State column answers text ("1") or words that mean nothing. */
  wrongType?: "text" | "nonsense" | undefined;
  /** Shows at once what was asked; the relay stays. */
  lies?: boolean;
  /** The contact is welded: the books say off, the load goes on. */
  welded?: boolean;
  /** Its network card restarts for that long after each switch-off. */
  rebootsInMidCycle?: Millis;
  locked?: boolean;
  /** A command moves the relay behind the one that was asked. */
  shifted?: boolean;
}
