/** Telnet option codes that we know by name. RFC 856, 857, 858, 1091, 1073, 2217. */
export const TELNET_OPTION = {
  binary: 0,
  echo: 1,
  suppressGoAhead: 3,
  terminalType: 24,
  windowSize: 31,
  comPort: 44,
} as const;

/**
 * One option on one side, by the Q method of RFC 1143, which cannot loop. `want…` is a request of ours under way;
 * `…Opposite` one that we changed our mind about before the answer came.
 */
export type OptionState =
  | "no"
  | "yes"
  | "wantYes"
  | "wantYesOpposite"
  | "wantNo"
  | "wantNoOpposite";

/** What to do about a request: the state after it, and whether to say that we want it on (true) or off (false). */
interface OptionStep {
  readonly state: OptionState;
  readonly say?: boolean;
}

/** The peer said WILL (its side) or DO (our side). `agree`: we want that option. */
export function peerWants(state: OptionState, agree: boolean): OptionStep {
  switch (state) {
    case "no":
      return agree ? { state: "yes", say: true } : { state: "no", say: false };
    case "yes":
    case "wantYes":
      return { state: "yes" };
    // RFC 1143: an answer of "yes" to our "no" is an error of the peer. We go by our own queue, silently.
    case "wantNo":
      return { state: "no" };
    case "wantNoOpposite":
      return { state: "yes" };
    case "wantYesOpposite":
      return { state: "wantNo", say: false };
  }
}

/** The peer said WONT or DONT: that can never be refused. */
export function peerRefuses(state: OptionState): OptionStep {
  switch (state) {
    case "no":
    case "wantNo":
    case "wantYes":
    case "wantYesOpposite":
      return { state: "no" };
    case "yes":
      return { state: "no", say: false };
    case "wantNoOpposite":
      return { state: "wantYes", say: true };
  }
}

/** We ask for an option to be on or off. */
export function weAsk(state: OptionState, on: boolean): OptionStep {
  switch (state) {
    case "no":
      return on ? { state: "wantYes", say: true } : { state };
    case "yes":
      return on ? { state } : { state: "wantNo", say: false };
    case "wantYes":
    case "wantYesOpposite":
      return { state: on ? "wantYes" : "wantYesOpposite" };
    case "wantNo":
    case "wantNoOpposite":
      return { state: on ? "wantNoOpposite" : "wantNo" };
  }
}
