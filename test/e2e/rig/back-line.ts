/**
 * A second serial line of a Debian, with root's shell on it: what a test breaks and looks at goes past the product, which
 * has the first line for itself.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Damage } from "./broken-debian.ts";

/** The service that has a shell on ttyS1, whatever state the host is in. */
const SERVICE = `[Unit]
Description=A shell for tests
DefaultDependencies=no
IgnoreOnIsolate=yes
[Service]
ExecStart=/bin/sh
Environment=PAGER=cat SYSTEMD_PAGER=cat TERM=dumb
StandardInput=tty
StandardOutput=tty
StandardError=tty
TTYPath=/dev/ttyS1
Restart=always
OOMScoreAdjust=-1000
`;

/** Without KVM, on a machine that others use, a device may take minutes to come; without it there is no getty. */
const PATIENCE = `[Manager]
DefaultTimeoutStartSec=20min
DefaultDeviceTimeoutSec=20min
`;

/** What a Debian needs for it. */
export const BACK_LINE: Damage = {
  files: {
    "/etc/systemd/system/back-line.service": SERVICE,
    "/etc/systemd/system.conf": PATIENCE,
  },
  commands: [
    "mkdir /etc/systemd/system/sysinit.target.wants",
    "symlink /etc/systemd/system/sysinit.target.wants/back-line.service /etc/systemd/system/back-line.service",
  ],
};

/** Longest time that a command of a test may take; a machine without KVM is slow. */
const WITHIN = 300_000;
const ASK_AGAIN = 2000;
/** A boot, or two, on a machine that others use, too. */
const UP_WITHIN = 1_200_000;
const ANSWER_WITHIN = 60_000;

/** Runs commands by that shell. */
export class BackLine {
  readonly #path: string;
  #socket: Socket | undefined;
  #text = "";
  #count = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** QEMU's arguments for the line. */
  get more(): readonly string[] {
    return ["-serial", `unix:${this.#path},server=on,wait=off`];
  }

  /** Waits until the shell answers: that of this boot. */
  async open(): Promise<void> {
    const socket = this.#socket ?? (await this.#connect());
    this.#text = "";
    this.#count += 1;
    const mark = `back${this.#count}`;
    // Before the shell is there, what is typed is lost.
    const timer = setInterval(() => socket.write(`stty -echo; echo ${mark}''line\n`), ASK_AGAIN);
    try {
      await this.#until(new RegExp(`${mark}line`));
    } finally {
      clearInterval(timer);
    }
    await this.run("true");
  }

  /** A machine that was just switched on has no socket for a moment. */
  async #connect(): Promise<Socket> {
    const end = performance.now() + WITHIN;
    let socket = connect(this.#path);
    for (;;) {
      const connected = await once(socket, "connect").then(
        () => true,
        () => false,
      );
      if (connected) break;
      if (performance.now() > end) throw new Error(`no back line at ${this.#path}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
      socket = connect(this.#path);
    }
    socket.on("error", () => undefined);
    socket.on("close", () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
    socket.on("data", (chunk: Buffer) => {
      this.#text += chunk.toString("latin1");
    });
    this.#socket = socket;
    return socket;
  }

  close(): void {
    this.#socket?.destroy();
  }

  /** Waits until the host is up, and these units are, too: it may restart once more on its way there. */
  async untilUp(...units: readonly string[]): Promise<void> {
    const all = ["multi-user.target", ...units].map((unit) => `systemctl -q is-active ${unit}`);
    for (const end = performance.now() + UP_WITHIN; ; ) {
      try {
        await this.open();
        if ((await this.ask(all.join(" && "), ANSWER_WITHIN)).status === 0) return;
      } catch (thrown) {
        if (performance.now() > end) throw thrown;
      }
      if (performance.now() > end) throw new Error(`not up: ${this.#text.slice(-500)}`);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }

  /** Runs this to its end and returns what it printed; throws where it does not end with 0. */
  async run(command: string): Promise<string> {
    const { status, text } = await this.ask(command);
    if (status !== 0) throw new Error(`"${command}" ended with ${status}: ${text}`);
    return text;
  }

  /** The same, whatever it ends with. */
  async ask(command: string, within = WITHIN): Promise<{ status: number; text: string }> {
    this.#count += 1;
    const mark = `oob-${this.#count}`;
    this.#socket?.write(`echo ${mark}'-begin'\n(${command}) 2>&1\necho ${mark}'-end' $?\n`);
    const found = await this.#until(
      new RegExp(`${mark}-begin\\r\\n(?:[#>$] )*([\\s\\S]*?)(?:[#>$] )*${mark}-end (\\d+)`),
      within,
    );
    return { status: Number(found[2]), text: (found[1] ?? "").replaceAll("\r", "") };
  }

  async #until(pattern: RegExp, within = WITHIN): Promise<RegExpExecArray> {
    const end = performance.now() + within;
    for (;;) {
      const found = pattern.exec(this.#text);
      if (found) return found;
      if (performance.now() > end)
        throw new Error(`no ${pattern} on the back line: ${this.#text.slice(-2000)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
