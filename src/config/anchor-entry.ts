import type { Millis } from "../lib/clock.ts";

/** The way to a place where checkpoints of sealed logs are kept. */
export type AnchorWay =
  | {
      readonly is: "syslog";
      readonly host: string;
      readonly port: number;
      /** false: on loopback alone. */
      readonly tls: boolean;
      /** SHA-256 of the receiver's certificate, 64 digits. */
      readonly pin?: string;
      /** File with the certificates of who signed it; without either, those that this machine knows. */
      readonly ca?: string;
    }
  /** Only written to. */
  | {
      readonly is: "serial";
      readonly path: string;
      readonly baud: number;
      readonly flow: "none" | "xonxoff" | "rtscts";
    }
  /** One file a day. */
  | { readonly is: "folder"; readonly path: string }
  /** Program and arguments; the lines are on its stdin. */
  | { readonly is: "exec"; readonly words: readonly string[]; readonly timeout: Millis };

/** A place where checkpoints are kept, and how often they are sent there. */
export interface AnchorEntry {
  readonly name: string;
  readonly every: Millis;
  readonly way: AnchorWay;
}
