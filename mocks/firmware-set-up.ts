import { latin1 } from "../src/lib/bytes.ts";
import type { Clock, Millis, Timer } from "../src/lib/clock.ts";

/** An entry of a page: `page` leads on, `choices` make its value one of a list, a number is typed. */
export interface MockEntry {
  readonly label: string;
  readonly page?: string;
  value?: string;
  readonly choices?: readonly string[];
  readonly tick?: true;
  readonly greyed?: true;
}

/** What a firmware gets wrong, or a line loses. */
export interface FirmwareFaults {
  /** Whether the n-th key is lost. */
  readonly loses?: (key: number) => boolean;
  /** Answers a key so much later. */
  readonly lag?: Millis;
  /** Takes its key only for so long after power-on, then boots. */
  readonly window?: Millis;
  /** A box that nobody expects, at the first key on this page. */
  readonly popsUp?: { readonly page: string; readonly text: string };
  /** What was saved is gone after a restart. */
  readonly forgets?: true;
  /** Pages are one form: Esc asks nothing, and what was changed stays so, not saved. */
  readonly keepsChanges?: true;
  /** Boots on by itself so much later, whatever stands there. */
  readonly bootsOnAfter?: Millis;
}

interface Parts {
  readonly clock: Clock;
  readonly write: (bytes: Uint8Array) => void;
  readonly pages: Readonly<Record<string, readonly MockEntry[]>>;
  readonly faults?: FirmwareFaults;
}

const KEYS = { up: "\x1b[A", down: "\x1b[B", f2: "\x1b[12~", f10: "\x1b[21~", escape: "\x1b" };
const AT = (row: number, column: number) => `\x1b[${row + 1};${column + 1}H`;
const INK = {
  entry: "\x1b[0m\x1b[30m\x1b[47m",
  greyed: "\x1b[0m\x1b[1m\x1b[30m\x1b[47m",
  highlight: "\x1b[0m\x1b[37m\x1b[40m",
  choice: "\x1b[0m\x1b[1m\x1b[37m\x1b[46m",
  help: "\x1b[0m\x1b[34m\x1b[47m",
  frame: "\x1b[0m\x1b[1m\x1b[37m\x1b[44m",
};

/** A set-up as EDK II draws it on a serial line, in code page 437: F2 at power-on, pages, choices, a question at Esc. */
export class MockFirmwareSetUp {
  phase: "off" | "waits" | "set-up" | "booted" = "off";
  /** Values as they are stored, by "page/label". */
  readonly stored = new Map<string, string>();
  restarts = 0;
  readonly #parts: Parts;
  readonly #timers = new Set<Timer>();
  readonly #changed = new Map<string, string>();
  #path: { readonly page: string; at: number }[] = [];
  #box: { readonly entry: MockEntry; at: number } | undefined;
  #asks: string | undefined;
  #typed: string | undefined;
  #popped = false;
  #keys = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  get unsaved(): number {
    return this.#changed.size;
  }

  power(on: boolean): void {
    if (this.#parts.faults?.forgets) this.stored.clear();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#changed.clear();
    this.#path = [];
    this.#box = undefined;
    this.#asks = undefined;
    this.phase = "off";
    if (on) this.#start();
  }

  receive(bytes: Uint8Array): void {
    // A person's terminal sends keys whole, and so do we.
    const text = Buffer.from(bytes).toString("latin1");
    if (this.#parts.faults?.loses?.(this.#keys++)) return;
    this.#later(this.#parts.faults?.lag ?? 20, () => this.#key(text));
  }

  receiveBreak(): void {}
  kernel(): void {}
  hang(): void {}

  #later(ms: Millis, work: () => void): void {
    const timer = this.#parts.clock.after(ms, () => {
      this.#timers.delete(timer);
      work();
    });
    this.#timers.add(timer);
  }

  #print(text: string): void {
    this.#parts.write(latin1(text));
  }

  #start(): void {
    const { faults = {} } = this.#parts;
    this.#later(500, () => {
      this.phase = "waits";
      this.#print("\x1b[2J\x1b[01;01H\x1b[=3h");
    });
    this.#later(500 + (faults.window ?? 3000), () => {
      if (this.phase === "waits") this.#boot();
    });
    if (faults.bootsOnAfter !== undefined) this.#later(faults.bootsOnAfter, () => this.#boot());
  }

  #boot(): void {
    this.phase = "booted";
    this.#print("\x1b[0m\x1b[2J\x1b[1;1HLinux version 6.1.0\r\n");
    this.#later(3000, () => this.#print("Debian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: "));
  }

  get #page(): { readonly page: string; at: number } {
    return this.#path.at(-1) ?? { page: "", at: 0 };
  }

  get #entries(): readonly MockEntry[] {
    return this.#parts.pages[this.#page.page] ?? [];
  }

  #key(key: string): void {
    if (this.phase === "waits" && key === KEYS.f2) {
      this.phase = "set-up";
      this.#open("");
    } else if (this.phase === "set-up") {
      const pops = this.#parts.faults?.popsUp;
      if (this.#asks) this.#answer(key);
      else if (pops?.page === this.#page.page && !this.#popped) this.#popUp(pops.text);
      else if (this.#box) this.#choose(key, this.#box);
      else this.#walk(key);
    }
  }

  #open(page: string): void {
    this.#path.push({ page, at: 0 });
    this.#page.at = this.#entries.findIndex(({ greyed }) => greyed !== true);
    this.#draw();
  }

  #popUp(text: string): void {
    this.#popped = true;
    this.#ask(text);
  }

  #walk(key: string): void {
    const entry = this.#entries[this.#page.at];
    if (key === KEYS.down || key === KEYS.up) this.#step(key === KEYS.down ? 1 : -1);
    else if (key === KEYS.f10) this.#save();
    else if (key === KEYS.escape) this.#leavePage();
    else if (key === "\r" && entry) this.#enter(entry);
    else if (entry && /^\d$/.test(key) && /^\d+$/.test(this.#value(entry))) {
      this.#typed = (this.#typed ?? "") + key;
      this.#change(entry, this.#typed);
    }
    this.#draw();
  }

  #step(by: number): void {
    const { length } = this.#entries;
    do this.#page.at = (this.#page.at + by + length) % length;
    while (this.#entries[this.#page.at]?.greyed);
    this.#typed = undefined;
  }

  #enter(entry: MockEntry): void {
    if (entry.page !== undefined) this.#open(entry.page);
    else if (entry.choices) this.#box = { entry, at: entry.choices.indexOf(this.#value(entry)) };
    else if (entry.tick) this.#change(entry, this.#value(entry) === "X" ? " " : "X");
    else if (entry.label === "Continue") this.#boot();
    else if (entry.label === "Reset") this.#restart();
    this.#typed = undefined;
  }

  #restart(): void {
    this.restarts++;
    this.power(true);
  }

  #choose(key: string, box: { readonly entry: MockEntry; at: number }): void {
    const choices = box.entry.choices ?? [];
    if (key === KEYS.down) box.at = Math.min(box.at + 1, choices.length - 1);
    else if (key === KEYS.up) box.at = Math.max(box.at - 1, 0);
    else this.#box = undefined;
    if (key === "\r") this.#change(box.entry, choices[box.at] ?? "");
    this.#draw();
  }

  #leavePage(): void {
    if (this.#path.length === 1) return;
    if (this.#changed.size > 0 && !this.#parts.faults?.keepsChanges)
      this.#ask(
        "Changes have not saved. Save Changes and exit? Press 'Y' to save and exit, 'N' to discard and exit",
      );
    else this.#path.pop();
  }

  #ask(text: string): void {
    this.#asks = text;
    this.#draw();
  }

  #answer(key: string): void {
    const leaves = this.#asks?.startsWith("Changes");
    if (!["y", "n", KEYS.escape].includes(key)) return;
    if (!leaves && key !== KEYS.escape) return;
    this.#asks = undefined;
    if (key === "y") this.#save();
    if (key === "n") this.#changed.clear();
    if (leaves && key !== KEYS.escape) this.#path.pop();
    this.#draw();
  }

  #name = ({ label }: MockEntry): string => `${this.#page.page}/${label}`;

  #value(entry: MockEntry): string {
    const name = this.#name(entry);
    return this.#changed.get(name) ?? this.stored.get(name) ?? entry.value ?? "";
  }

  #change(entry: MockEntry, value: string): void {
    this.#changed.set(this.#name(entry), value);
  }

  #save(): void {
    for (const [name, value] of this.#changed) this.stored.set(name, value);
    this.#changed.clear();
  }

  #draw(): void {
    if (this.phase !== "set-up") return;
    const { page, at } = this.#page;
    const blank = Array.from({ length: 24 }, (_, row) => AT(row, 0) + " ".repeat(80)).join("");
    const line = "\xc4".repeat(78);
    let text = INK.help + blank;
    if (page !== "")
      text += `${INK.frame}${AT(0, 0)}\xda${line}\xbf${AT(1, 0)}\xb3${page.padStart(40 + page.length / 2).padEnd(78)}\xb3${AT(2, 0)}\xc0${line}\xd9`;
    for (const [n, entry] of this.#entries.entries())
      text += this.#drawEntry(entry, 4 + n, n === at);
    text += `${INK.help}${AT(4, 57)}Help for it${AT(22, 1)}^v=Move Highlight`;
    if (this.#changed.size > 0) text += `\x1b[0m${AT(23, 52)}Configuration changed`;
    const box = this.#box;
    if (box) text += drawBox(box.entry.choices ?? [], box.at);
    if (this.#asks) text += drawBox(this.#asks.match(/.{1,60}(?: |$)/g) ?? [], -1);
    this.#print(`${text}\x1b[0m`);
  }

  #drawEntry(entry: MockEntry, row: number, isAt: boolean): string {
    const value = this.#value(entry);
    const raw = entry.choices ? `<${value}>` : value === "" ? "" : `[${value}]`;
    const own = entry.greyed ? INK.greyed : INK.entry;
    const ink = (is: boolean) => (is ? INK.highlight : own);
    const label = `${ink(isAt && raw === "")}${AT(row, 3)}${entry.label}`;
    const mark = entry.page === undefined ? "" : `${AT(row, 1)}>`;
    return `${own}${AT(row, 0)}${" ".repeat(57)}${mark}${label}${ink(isAt)}${AT(row, 30)}${raw}`;
  }
}

function drawBox(lines: readonly string[], at: number): string {
  const width = Math.max(...lines.map((line) => line.length)) + 2;
  const edge = "\xc4".repeat(width);
  const rows = lines.map(
    (line, n) =>
      `${INK.entry}${AT(6 + n, 8)}\xb3${n === at ? INK.choice : ""} ${line.padEnd(width - 1)}${INK.entry}\xb3`,
  );
  return `${INK.entry}${AT(5, 8)}\xda${edge}\xbf${rows.join("")}${AT(6 + lines.length, 8)}\xc0${edge}\xd9`;
}
