import { utf8 } from "../src/lib/bytes.ts";
import type { Clock, Millis } from "../src/lib/clock.ts";

/** What goes otherwise than it should. */
export interface WindowsSacFaults {
  readonly name?: string;
  /** The server stopped with an error before anybody came. */
  readonly stopped?: boolean;
  readonly noDump?: boolean;
  /** A person left a command prompt on the line. */
  readonly channel?: boolean;
  readonly neverBack?: boolean;
  /** Rows of processes: more than a page. */
  readonly processes?: number;
}

const PAGE = 20;
const BOOT: Millis = 90_000;
const READY: Millis = 40_000;
/**
 * The serial console of a Windows server with Emergency Management Services, built from Microsoft's pages on SAC and
 * !SAC and from public transcripts. No Windows stood behind it.
 */
export class WindowsSac {
  readonly #clock: Clock;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #faults: WindowsSacFaults;
  readonly commands: string[] = [];
  #typed = "";
  #where: "sac" | "stopped" | "channel" | "down";
  #pages: string[][] = [];
  phase = "login";

  constructor(
    parts: { clock: Clock; write: (bytes: Uint8Array) => void },
    faults: WindowsSacFaults = {},
  ) {
    this.#clock = parts.clock;
    this.#write = parts.write;
    this.#faults = faults;
    this.#where = faults.stopped ? "stopped" : faults.channel ? "channel" : "sac";
  }

  power(): void {}
  receiveBreak(): void {}
  kernel(): void {}

  receive(bytes: Uint8Array): void {
    for (const key of Buffer.from(bytes).toString("latin1")) this.#key(key);
  }

  #say(text: string): void {
    this.#write(utf8(text.replaceAll("\n", "\r\n")));
  }

  #prompt(): void {
    this.#say(this.#where === "stopped" ? "!SAC>" : "SAC>");
  }

  #key(key: string): void {
    if (this.#where === "down") return;
    this.#typed += key;
    if (this.#typed.endsWith("\x1b\t0")) {
      this.#typed = "";
      this.#where = "sac";
      this.#say("\n");
      this.#prompt();
      return;
    }
    if (this.#where === "channel") {
      if (key === "\r") this.#say("\nC:\\Windows\\system32>");
    } else if (key === "\r") this.#line();
    else this.#say(key);
  }

  #line(): void {
    const command = this.#typed.slice(0, -1).trim();
    this.#typed = "";
    this.#say("\n");
    if (this.#pages.length > 0) this.#page();
    else this.#obey(command);
  }

  #page(): void {
    const [rows = []] = this.#pages.splice(0, 1);
    this.#say(rows.map((row) => `${row}\n`).join(""));
    if (this.#pages.length > 0) this.#say("----Press <Enter> for more----");
    else this.#prompt();
  }

  #answer(rows: readonly string[]): void {
    for (let at = 0; at < rows.length; at += PAGE) this.#pages.push(rows.slice(at, at + PAGE));
    this.#page();
  }

  #obey(command: string): void {
    if (command !== "") this.commands.push(command);
    if (command === "") this.#prompt();
    else if (command === "restart") this.#boot();
    else if (command === "crashdump" && !this.#faults.noDump) {
      this.#say("\n*** STOP: 0x000000E2 (0x0,0x0,0x0,0x0)\n\nBeginning dump of physical memory\n");
      this.#boot();
    } else this.#answer(this.#answers()[command] ?? ["Unrecognized command."]);
  }

  #answers(): Readonly<Record<string, readonly string[]>> {
    const { name = "WEB1", processes = 3, channel } = this.#faults;
    return {
      id: [
        `              Computer Name: ${name}`,
        "              Computer GUID: 00000000-0000-0000-0000-000000000000",
        "      Processor Architecture: AMD64",
        "                 OS Version: 10.0",
        "           OS Build Number: 20348",
      ],
      ch: [
        "Channel List",
        "",
        '(Use "ch -?" for information on using channels)',
        "",
        "# Status  Channel Name",
        "0 (AV)    SAC",
        ...(channel ? ["1 (AV)    Cmd0001"] : []),
      ],
      s: ["Date: 11/23/2026  Time (GMT): 05:00:00:123"],
      t: Array.from({ length: processes }, (_, n) => `${n * 4}  svchost.exe`),
      d: ["05:00:00.001 : KRNL: Loading \\Driver\\disk"],
      crashdump: ["Crash dump is not enabled."],
    };
  }

  #boot(): void {
    this.#where = "down";
    if (this.#faults.neverBack) return;
    this.#clock.after(BOOT, () => {
      this.#where = "sac";
      this.#say(
        '<?xml version="1.0"?> <machine-info>\n</machine-info>\nComputer is booting, SAC started and initialized.\n\n' +
          'Use the "ch -?" command for information about using channels.\nUse the "?" command for general help.\n\n\n',
      );
      this.#prompt();
      this.#clock.after(READY, () => {
        this.#say("\nEVENT:   The CMD command is now available.\n");
        this.#prompt();
      });
    });
  }
}
