import type { Millis } from "../../lib/clock.ts";

/** Verbs of `oob power` that switch; "identify" moves nothing. */
export type PowerVerb = "on" | "off" | "cycle" | "reset" | "soft" | "nmi";

/** What is asked of the outlets. */
export interface PowerRequest {
  readonly verb: PowerVerb | "identify";
  /**
   * The answer to the question that stands before it: "y", the name of a precious host, how many hosts. The daemon refuses
   * what comes over its socket without it.
   */
  readonly confirm?: string;
  readonly hosts: readonly string[];
  readonly dryRun: boolean;
  /** Interlocks that a person may override were overridden knowingly. */
  readonly force: boolean;
  readonly reason: string;
  /** Who approved it, where two have to. The daemon says so; it never comes over a socket. */
  readonly second?: string;
  /** Of `off` and `cycle`: the host goes down in order first, and is cut when it was seen down. */
  readonly graceful?: {
    readonly within: Millis;
    /** Cut where it was not seen to go down in time, too. */
    readonly thenHard: boolean;
  };
}

/** Which outlet shows whether a PDU's map is right: it feeds nothing, and is called so. */
export interface ProveRequest {
  readonly pdu: string;
  readonly outlet: string;
  readonly called: string;
  readonly fromOn: boolean;
  /** What would be refused is said, and nothing is sent. */
  readonly dryRun?: boolean;
  readonly reason: string;
  /** Who approved it, where two have to. The daemon says so; it never comes over a socket. */
  readonly second?: string;
}
