import type { Millis, Timer } from "../src/lib/clock.ts";
import { MockGrub } from "./host-grub.ts";
import {
  type MockHostFaults,
  type MockHostOptions,
  type MockHostPhase,
  NO_KERNEL,
} from "./host-options.ts";
import { runShell } from "./host-shell.ts";
import * as texts from "./host-texts.ts";
import { SysrqKeys } from "./sysrq-keys.ts";
import { TypedLine } from "./typed-line.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/**
 * A Linux machine as its serial line shows it: firmware, GRUB, kernel, login, shell, panic, hang, single-user mode.
 * Power comes and goes by `power`; BREAK and SysRq work as in Linux (key within five seconds).
 */
export class MockHost {
  #options: MockHostOptions;
  #phase: MockHostPhase = "off";
  #timers = new Set<Timer>();
  #grub: MockGrub | undefined;
  #commandLine = "";
  #line = new TypedLine();
  #bootedAt: Millis = 0;
  #sysrqKeys: SysrqKeys;
  #single = false;
  /** What is wrong with it from now on. */
  faults: MockHostFaults;

  constructor(options: MockHostOptions) {
    this.#options = options;
    this.faults = options.faults ?? {};
    this.#sysrqKeys = new SysrqKeys(options.clock);
  }

  get phase(): MockHostPhase {
    return this.#phase;
  }

  /** The outlet that feeds the machine. */
  power(on: boolean): void {
    if (on === (this.#phase !== "off")) return;
    this.#stopTimers();
    if (on) this.#startFirmware();
    else this.#phase = "off";
  }

  /** A key press or more arrives on the line. */
  receive(bytes: Uint8Array): void {
    for (const byte of bytes) this.#key(byte);
  }

  /** A BREAK arrives on the line. */
  receiveBreak(): void {
    if (this.#phase === "off" || this.#phase === "hung") return;
    this.#sysrqKeys.sendBreak();
  }

  panic(): void {
    for (const text of texts.PANIC) this.kernel(text);
    this.#stopTimers();
    this.#phase = "panicked";
  }

  hang(): void {
    this.#stopTimers();
    this.#phase = "hung";
  }

  #startFirmware(): void {
    this.#phase = "firmware";
    this.#single = false;
    for (const text of texts.FIRMWARE) this.#say(`${text}\r\n`);
    this.#later(1200, () => this.#startGrub());
  }

  #startGrub(): void {
    if (this.faults.grubRescue) {
      this.#phase = "grub-rescue";
      this.#say(texts.GRUB_RESCUE);
      return;
    }
    this.#phase = "grub";
    this.#grub = new MockGrub(
      "Debian GNU/Linux",
      this.#options.kernelArguments ?? "root=/dev/sda1 ro console=ttyS0,115200",
      (text) => this.#say(text),
      this.faults.grub,
    );
    this.#grub.drawMenu();
    this.#countDown(this.#options.grubSeconds ?? 3);
  }

  #countDown(left: number): void {
    if (left <= 0) {
      this.#boot();
      return;
    }
    this.#grub?.drawCountdown(left);
    this.#later(1000, () => this.#countDown(left - 1));
  }

  #boot(): void {
    this.#stopTimers();
    this.#commandLine = this.#grub?.kernelArguments ?? "";
    this.#single = texts.SINGLE.test(this.#commandLine);
    this.#phase = "booting";
    this.#bootedAt = this.#options.clock.monotonic();
    this.#say(
      "\x1b[H\x1b[J\x1b[1;1H  Booting a command list\r\n\r\nLoading Linux 6.1.0-56-amd64 ...\r\n",
    );
    this.#say("Loading initial ramdisk ...\r\n");
    for (const [at, text] of texts.kernelBoot(this.#commandLine)) {
      this.#later(400 + at * 1000, () => this.#say(`[${at.toFixed(6).padStart(12)}] ${text}\r\n`));
    }
    if (this.faults.hangsAtBoot) this.#later(1000, () => this.hang());
    this.#later(3200, () => (this.#single ? this.#maintenance() : this.#services(0)));
  }

  #services(index: number): void {
    const text = texts.SERVICES[index];
    if (text === undefined) {
      this.#later(500, () => this.#login());
      return;
    }
    this.#say(`${text}\r\n`);
    this.#later(500, () => this.#services(index + 1));
  }

  #login(): void {
    this.#phase = "login";
    this.#line.take();
    this.#say(
      `\r\nDebian GNU/Linux 12 ${this.#options.name} ttyS0\r\n\r\n${this.#options.name} login: `,
    );
  }

  #maintenance(): void {
    this.#phase = "maintenance";
    this.#line.take();
    if (this.faults.lockedRoot) {
      this.#say(texts.LOCKED_ROOT);
      return;
    }
    this.#say(
      'You are in rescue mode. After logging in, type "journalctl -xb" to view system logs.\r\n',
    );
    this.#say("Give root password for maintenance\r\n(or press Control-D to continue): ");
  }

  #shell(): void {
    this.#phase = "shell";
    this.#line.take();
    this.#prompt();
  }

  #prompt(): void {
    this.#say(`root@${this.#options.name}:~# `);
  }

  #key(byte: number): void {
    const command = this.#sysrqKeys.take(byte);
    if (command !== undefined && this.#sysrq(command)) return;
    if (this.#phase === "grub") {
      this.#stopTimers();
      this.#grub?.clearCountdown();
      if (this.#grub?.key(byte) === "boot") this.#boot();
      return;
    }
    if (byte === 4 && (this.#phase === "maintenance" || this.#phase === "shell"))
      this.#leaveShell();
    else if (byte === 13 || byte === 10) this.#enter();
    else this.#typed(byte);
  }

  #typed(byte: number): void {
    const echoes = ["login", "shell"].includes(this.#phase) || this.faults.showsPasswords === true;
    if (!echoes && this.#phase !== "password" && this.#phase !== "maintenance") return;
    if (byte === 3) {
      this.#line.take();
      if (this.#phase !== "shell") return;
      this.#say("^C\r\n");
      this.#prompt();
    } else this.#say(this.#line.add(byte, echoes));
  }

  #enter(): void {
    const line = this.#line.take();
    if (!["login", "password", "maintenance", "shell"].includes(this.#phase)) return;
    this.#say("\r\n");
    if (this.#phase === "shell") this.#run(line);
    else if (this.#phase !== "login") this.#checkPassword(line);
    else if (line === "") this.#say(`${this.#options.name} login: `);
    else {
      this.#phase = "password";
      this.#say(this.#options.passwordPrompt ?? "Password: ");
    }
  }

  #checkPassword(typed: string): void {
    if (typed === (this.#options.password ?? "oob")) {
      this.#shell();
      return;
    }
    this.#say("\r\nLogin incorrect\r\n");
    if (this.#phase === "maintenance") this.#maintenance();
    else this.#login();
  }

  #run(line: string): void {
    const outcome = runShell(line, {
      name: this.#options.name,
      commandLine: this.#commandLine,
      uptimeSeconds: this.#uptime(),
      single: this.#single,
    });
    this.#say(outcome.output.replaceAll("\n", "\r\n"));
    if (outcome.next === undefined) this.#prompt();
    else if (outcome.next === "panic") this.panic();
    else if (outcome.next === "hang") this.hang();
    else if (outcome.next === "exit") this.#leaveShell();
    else this.#shutDown(outcome.next);
  }

  #leaveShell(): void {
    if (!this.#single) {
      this.#say("logout\r\n");
      this.#login();
      return;
    }
    this.#single = false;
    this.#phase = "booting";
    this.#services(0);
  }

  #shutDown(how: "reboot" | "poweroff"): void {
    this.#phase = "booting";
    this.#say(
      "[  OK  ] Stopped target Multi-User System.\r\n[  OK  ] Reached target Shutdown.\r\n",
    );
    if (how === "poweroff" && this.faults.hangsAtShutdown) return;
    this.kernel(how === "reboot" ? "reboot: Restarting system" : "reboot: Power down");
    if (how === "reboot") this.#later(300, () => this.#startFirmware());
  }

  /** Returns false where the key is not a SysRq for this kernel: then it is typed. */
  #sysrq(key: string): boolean {
    if (NO_KERNEL.has(this.#phase)) return false;
    if (this.faults.sysrqDisabled) {
      this.kernel("sysrq: This sysrq operation is disabled.");
      return true;
    }
    if (key === "c") {
      this.panic();
      return true;
    }
    const answer = texts.SYSRQ_ANSWERS[key];
    if (answer === undefined) return false;
    this.kernel(answer);
    const done = texts.SYSRQ_DONE[key];
    if (done !== undefined) this.#later(200, () => this.kernel(done));
    if (key === "b") {
      this.#stopTimers();
      this.#later(300, () => this.#startFirmware());
    }
    return true;
  }

  #uptime(): number {
    return (this.#options.clock.monotonic() - this.#bootedAt) / 1000;
  }

  /** A line from the kernel, as drivers print them at any time. */
  kernel(text: string): void {
    if (NO_KERNEL.has(this.#phase)) return;
    this.#say(`[${this.#uptime().toFixed(6).padStart(12)}] ${text}\r\n`);
  }

  #say(text: string): void {
    this.#options.write(encode(text));
  }

  #later(delay: Millis, run: () => void): void {
    const timer = this.#options.clock.after(delay * (this.#options.pace ?? 1), () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }

  #stopTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
