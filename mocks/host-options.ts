import type { Clock } from "../src/lib/clock.ts";
import type { GrubFaults } from "./host-grub.ts";

/** Where the simulated machine stands. */
export type MockHostPhase =
  | "off"
  | "firmware"
  | "grub"
  | "grub-rescue"
  | "booting"
  | "login"
  | "password"
  | "maintenance"
  | "shell"
  | "panicked"
  | "hung";

/** Phases in which no kernel is there to print anything. */
export const NO_KERNEL: ReadonlySet<MockHostPhase> = new Set([
  "off",
  "hung",
  "panicked",
  "firmware",
  "grub",
  "grub-rescue",
]);

/** What may be wrong with a simulated machine, each seen on real ones. */
export interface MockHostFaults {
  readonly grub?: GrubFaults;
  /** GRUB does not find its files and stops at its rescue prompt. */
  readonly grubRescue?: boolean;
  /** Root has no password: sulogin refuses for ever. */
  readonly lockedRoot?: boolean;
  /** Shows passwords as they are typed, as a faked prompt at a shell does. */
  readonly showsPasswords?: boolean;
  /** Kernel.sysrq allows nothing. */
  readonly sysrqDisabled?: boolean;
  /** It hangs as soon as its kernel has started. */
  readonly hangsAtBoot?: boolean;
  /** Its shutdown waits for a service that does not end. */
  readonly hangsAtShutdown?: boolean;
}

/** How the machine is made. */
export interface MockHostOptions {
  readonly name: string;
  readonly clock: Clock;
  /** Bytes that the machine puts on its serial line. */
  readonly write: (bytes: Uint8Array) => void;
  readonly password?: string;
  /** How login asks for it, in the language of the host. */
  readonly passwordPrompt?: string;
  /** Share of real time that its boot takes; 1 is about 12 s. */
  readonly pace?: number;
  readonly grubSeconds?: number;
  /** What GRUB gives to the kernel. */
  readonly kernelArguments?: string;
  readonly faults?: MockHostFaults;
}
