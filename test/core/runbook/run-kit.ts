import { MockHost } from "../../../mocks/host.ts";
import type { MockHostFaults } from "../../../mocks/host-options.ts";
import { bareHost } from "../../../src/config/bare-config.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import type { HostEntry } from "../../../src/config/site-config.ts";
import type { Audit, NewEvent } from "../../../src/core/audit/audit.ts";
import { createDetector } from "../../../src/core/detect/create-detector.ts";
import { LocalPort } from "../../../src/core/port/local-port.ts";
import { ReadPace } from "../../../src/core/port/read-pace.ts";
import { Registry } from "../../../src/core/registry/registry.ts";
import { type RunPower, runRunbook } from "../../../src/core/runbook/run-runbook.ts";
import { Session } from "../../../src/core/session/session.ts";
import type { HostStatus, RunEvent } from "../../../src/core/site/site.ts";
import type { Clock } from "../../../src/lib/clock.ts";
import type { Runbook } from "../../../src/sdk/runbook.ts";
import { logKit } from "../log/log-kit.ts";
import { request } from "../session/session-kit.ts";
import { Wire } from "../wire.ts";

export const PASSWORD = "correct horse";
/** Longer than a line of GRUB's editor, with a blank at its end as Debian's grub-mkconfig leaves one. */
export const LONGEST =
  "root=UUID=6f6f6274-6573-7462-6564-000000000001 ro console=tty0 console=ttyS0,115200n8 ";

interface KitOptions {
  readonly faults?: MockHostFaults;
  readonly kernelArguments?: string;
  /** A line that loses BREAKs: the key that follows is typed. */
  readonly losesBreak?: boolean;
  readonly credentials?: { readonly user: string; readonly password: () => Promise<string> } | null;
  /** Timers come half a millisecond early, as the machine's do. */
  readonly earlyTimers?: boolean;
  /** The emulator's timers of no delay are immediates: no turn of the loop takes a millisecond. */
  readonly swiftTimers?: boolean;
  /** Another machine in the host's place. */
  readonly machine?: (parts: { clock: Clock; write: (bytes: Uint8Array) => void }) => unknown;
  readonly os?: string;
  /** For a GRUB that asks who edits its menu. */
  readonly loaderLogin?: { readonly user: string; readonly password: () => Promise<string> };
  /** Lines of kernel messages a second, while the runbook is at work. */
  readonly chatter?: number;
  readonly passwordPrompt?: string;
  /** Where reports and memory lie. */
  readonly folder?: string;
  readonly load?: (name: string) => Promise<Runbook>;
  readonly entry?: Partial<HostEntry>;
}

/** A simulated machine at the end of a wire in memory, the real session on it, and hands on its outlet. */
export async function runKit(options: KitOptions = {}) {
  const { clock, ...kit } = logKit();
  const wire = new Wire();
  const audit: NewEvent[] = [];
  const breaks = { lost: options.losesBreak ?? false };
  const write = (bytes: Uint8Array) => wire.print(bytes);
  const other = options.machine?.({ clock, write }) as MockHost | undefined;
  const host =
    other ??
    new MockHost({
      name: "web1",
      clock,
      write,
      password: PASSWORD,
      grubSeconds: 10,
      ...(options.faults ? { faults: options.faults } : {}),
      ...(options.passwordPrompt ? { passwordPrompt: options.passwordPrompt } : {}),
      ...(options.kernelArguments ? { kernelArguments: options.kernelArguments } : {}),
    });
  const port = new LocalPort({
    host: "web1",
    clock,
    random: () => 0,
    log: kit.open(),
    pace: new ReadPace(clock),
    open: async (opening) => {
      const link = await wire.open(opening);
      return {
        ...link,
        write: async (bytes) => {
          await link.write(bytes);
          host.receive(bytes);
        },
        sendBreak: async () => {
          if (!breaks.lost) host.receiveBreak();
        },
      };
    },
  });
  const note = (event: NewEvent) => ({ ...event, seq: audit.push(event), at: clock.now() });
  const session = new Session({
    host: "web1",
    port,
    detector: createDetector(await new Registry().rules()),
    audit: { note },
    clock,
    encoding: "utf-8",
    breakMs: 300,
    idleTimeout: 30 * 60_000,
    status: () => ({ host: "web1" }) as HostStatus,
  });
  await session.start();

  /** Lets the machine's time pass until something is so. */
  const pass = async (is: () => boolean, limitMs = 4_000_000): Promise<void> => {
    for (const end = clock.monotonic() + limitMs; !is(); ) {
      if (clock.monotonic() > end) throw new Error("it never came about");
      // Minutes in which nobody says anything need no small steps.
      const idle = clock.monotonic() - (session.lastByteAt ?? 0) > 15_000;
      await clock.advance(idle ? 2000 : 50);
      // The emulator behind a screen has timers of its own; what is read from disk takes real time.
      const waitsForDisk = process.getActiveResourcesInfo().some((one) => one.startsWith("FS"));
      if (options.swiftTimers && !waitsForDisk)
        await new Promise((resolve) => setImmediate(resolve));
      else await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const power = switchOf(host, clock);
  const entry: HostEntry = {
    ...bareHost("web1", { driver: "tcp", options: {} }),
    ...(options.os ? { os: options.os } : {}),
    login: { user: "root", secret: "web1" },
    ...options.entry,
  };

  /** Runs a runbook to its end. `watch` sees each event as it comes. */
  const run = async (
    runbook: Runbook,
    set: Readonly<Record<string, string>> = {},
    more: {
      readonly dryRun?: boolean;
      readonly signal?: AbortSignal;
      readonly watch?: (event: RunEvent) => void;
    } = {},
  ) => {
    const events: RunEvent[] = [];
    let result: string | undefined;
    const { values, problems } = readOptions(runbook.options, set);
    if (problems.length > 0) throw new Error(JSON.stringify(problems));
    const began = clock.monotonic();
    void runRunbook({
      name: "book",
      runbook,
      host: entry,
      console: session,
      power,
      credentials:
        options.credentials === null
          ? undefined
          : (options.credentials ?? { user: "root", password: async () => PASSWORD }),
      ...(options.loaderLogin ? { loaderLogin: options.loaderLogin } : {}),
      loaders: await new Registry().bootLoaders(),
      firmware: await new Registry().firmware(),
      options: values,
      dryRun: more.dryRun ?? false,
      by: "alice",
      reason: "test",
      audit: { note, commit: async (event: NewEvent) => note(event) } as unknown as Audit,
      ...(options.folder === undefined ? {} : { folder: options.folder }),
      ...(options.load ? { load: options.load } : {}),
      clock: options.earlyTimers ? early(clock) : clock,
      signal: more.signal ?? new AbortController().signal,
      emit: (event) => {
        events.push(event);
        more.watch?.(event);
      },
    }).then((end) => {
      result = end;
    });
    let lines = 0;
    await pass(() => {
      const due = ((clock.monotonic() - began) / 1000) * (options.chatter ?? 0);
      for (; lines < due; lines++) host.kernel(`usb 1-1: new device number ${lines}`);
      return result !== undefined;
    });
    const story = events.map((event) => `${event.step ?? "-"}: ${event.text}`).join("\n");
    return { result, events, story, end: events.at(-1), tookMs: clock.monotonic() - began };
  };
  const boot = async () => {
    power.state = "on";
    host.power(true);
    await pass(() => host.phase === "login" || host.phase === "hung", 60_000);
    await clock.advance(500);
  };
  /** A person takes the seat, as `oob attach` does. */
  const takeSeat = () => session.attach(request({ replayLines: 0 }), "bob");
  return { clock, wire, audit, breaks, host, port, session, power, run, boot, pass, takeSeat };
}

const early = (clock: Clock): Clock => ({
  now: () => clock.now(),
  monotonic: () => clock.monotonic(),
  after: (delay, run) => clock.after(Math.max(1, delay) - 0.5, run),
  sleep: (delay, signal) => clock.sleep(delay, signal),
});

function switchOf(host: MockHost, clock: { sleep(ms: number): Promise<void> }) {
  const power: RunPower & {
    state: "on" | "off" | "unknown";
    cycles: number;
    offFor: number;
  } = {
    state: "on",
    cycles: 0,
    offFor: 5000,
    read: async () => power.state,
    on: async () => {
      host.power(true);
      power.state = "on";
      return { power: "on", verified: true };
    },
    off: async () => {
      host.power(false);
      power.state = "off";
      return { power: "off", verified: true };
    },
    cycle: async (readOff) => {
      power.cycles++;
      await power.off();
      readOff();
      await clock.sleep(power.offFor);
      return power.on();
    },
  };
  return power;
}
