import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { TerminalFilter } from "../../src/codec/terminal-filter.ts";
import type { Attachment, AttachRequest } from "../../src/core/site/site.ts";
import { openPty, type Pty } from "../pty.ts";
import { AttachmentDouble, hostStatus, SiteDouble } from "./site-double.ts";

/** What the line does to bytes on their way. */
export interface Trouble {
  /** To the host; by default nothing happens to them. */
  typed?: (bytes: Buffer) => Buffer;
  printed?: (bytes: Buffer) => Buffer;
}

/** A site whose host is a real program on a real tty: what a file transfer types, a real shell reads. */
export class ShellSite extends SiteDouble {
  readonly console = new AttachmentDouble();
  trouble: Trouble = {};
  /** Label of the console. */
  label = "a pty";
  #pty!: Pty;
  #child!: ChildProcess;
  #filter: TerminalFilter | undefined;

  static async start(command: readonly string[], folder: string): Promise<ShellSite> {
    const site = new ShellSite([hostStatus("web1")]);
    site.#pty = await openPty();
    const fd = openSync(site.#pty.path, "r+");

    site.#child = spawn("setsid", ["-c", ...command], {
      stdio: [fd, fd, fd],
      cwd: folder,
      env: { PATH: process.env.PATH, TERM: "vt100", PS1: "web1# ", HOME: folder },
    });
    closeSync(fd);
    site.#pty.onBytes((bytes) => site.#print(site.trouble.printed?.(bytes) ?? bytes));
    return site;
  }

  /** Waits until the shell has printed its prompt. */
  async ready(): Promise<void> {
    await this.#pty.until("# ");
  }

  async end(): Promise<void> {
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
    await this.#pty.close();
  }

  override async attach(request: AttachRequest): Promise<Attachment> {
    const { filter, mode } = request;
    this.asked.push({ attach: request });
    this.#filter = filter === "raw" ? undefined : new TerminalFilter(filter);
    const status = hostStatus("web1", { console: { is: "up", label: this.label } });
    const mine = mode === "read" ? "read" : this.seat.mine;
    const double = new AttachmentDouble();
    double.write = async (bytes) => {
      double.written += Buffer.from(bytes).toString("latin1");
      await this.#pty.write(this.trouble.typed?.(Buffer.from(bytes)) ?? bytes);
    };
    this.#here = double;
    double.push({ is: "welcome", status, filter, seat: { ...this.seat, mine } });
    if (request.replayLines > 0)
      double.push({
        is: "bytes",
        bytes: this.#shown(this.#pty.written.subarray(-2000)),
        replay: true,
      });
    return double;
  }

  /** The attachment that was asked for last. */
  get here(): AttachmentDouble | undefined {
    return this.#here;
  }

  #here: AttachmentDouble | undefined;

  #print(bytes: Buffer): void {
    const shown = this.#shown(bytes);
    if (shown.length > 0) this.#here?.push({ is: "bytes", bytes: shown, replay: false });
  }

  #shown(bytes: Uint8Array): Uint8Array {
    return this.#filter === undefined ? bytes.slice() : this.#filter.filter(bytes).slice();
  }
}
