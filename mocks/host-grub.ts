const WIDTH = 76;
const FIRST_ROW = 5;
const ROWS = 12;

/** What a key press led to. */
export type GrubOutcome = "stay" | "boot";

/**
 * GRUB 2 on a serial line: menu with a countdown, and the editor that `e` opens. Draws with cursor addressing as the
 * real one does, a whole line for each key, long lines wrapped by a backslash at the right border.
 */
export class MockGrub {
  /** Kernel arguments of the entry as it will boot. */
  get kernelArguments(): string {
    const line = this.#lines.find((text) => /^\s*linux\s/.test(text)) ?? "";
    return line.trim().split(/\s+/).slice(2).join(" ");
  }

  #title: string;
  #lines: string[];
  #original: readonly string[];
  #write: (text: string) => void;
  #editing = false;
  #row = 0;
  #column = 0;

  constructor(title: string, kernelArguments: string, write: (text: string) => void) {
    this.#title = title;
    this.#write = write;
    this.#original = [
      `setparams '${title}'`,
      "",
      "  load_video",
      "  insmod gzio",
      "  echo 'Loading Linux 6.1.0-56-amd64 ...'",
      `  linux /boot/vmlinuz-6.1.0-56-amd64 ${kernelArguments}`,
      "  echo 'Loading initial ramdisk ...'",
      "  initrd /boot/initrd.img-6.1.0-56-amd64",
    ];
    this.#lines = [...this.#original];
  }

  drawMenu(): void {
    this.#editing = false;
    this.#frame("Use the ^ and v keys to select which entry is highlighted.");
    this.#write(`\x1b[${FIRST_ROW};3H\x1b[7m*${this.#title.padEnd(WIDTH - 1)}\x1b[m`);
    this.#write(
      `\x1b[${FIRST_ROW + 1};3H ${`Advanced options for ${this.#title}`.padEnd(WIDTH - 1)}`,
    );
    this.#write(`\x1b[${FIRST_ROW};78H`);
  }

  drawCountdown(seconds: number): void {
    const text = `   The highlighted entry will be executed automatically in ${seconds}s.`;
    this.#write(`\x1b[22;1H${text.padEnd(79)}\x1b[${FIRST_ROW};78H`);
  }

  clearCountdown(): void {
    this.#write(`\x1b[22;1H${" ".repeat(79)}\x1b[${FIRST_ROW};78H`);
  }

  /** One key of the person at the line. */
  key(byte: number): GrubOutcome {
    if (!this.#editing) return this.#menuKey(byte);
    return this.#editorKey(byte);
  }

  #menuKey(byte: number): GrubOutcome {
    if (byte === 13) return "boot";
    if (byte === 0x65) {
      this.#lines = [...this.#original];
      this.#editing = true;
      this.#row = 0;
      this.#column = 0;
      this.#frame("Minimum Emacs-like screen editing is supported. TAB lists");
      this.#drawText();
    }
    return "stay";
  }

  #editorKey(byte: number): GrubOutcome {
    const line = this.#lines[this.#row] ?? "";
    if (byte === 24) return "boot";
    if (byte === 27) {
      this.#lines = [...this.#original];
      this.drawMenu();
      return "stay";
    }
    if (byte === 14) this.#row = Math.min(this.#row + 1, this.#lines.length - 1);
    else if (byte === 16) this.#row = Math.max(0, this.#row - 1);
    else if (byte === 1) this.#column = 0;
    else if (byte === 5) this.#column = line.length;
    else if (byte === 8 || byte === 127) this.#erase(line);
    else if (byte >= 32 && byte < 127) this.#insert(line, byte);
    this.#column = Math.min(this.#column, (this.#lines[this.#row] ?? "").length);
    this.#place();
    return "stay";
  }

  #insert(line: string, byte: number): void {
    this.#lines[this.#row] =
      line.slice(0, this.#column) + String.fromCharCode(byte) + line.slice(this.#column);
    this.#column++;
    this.#drawText();
  }

  #erase(line: string): void {
    if (this.#column === 0) return;
    this.#lines[this.#row] = line.slice(0, this.#column - 1) + line.slice(this.#column);
    this.#column--;
    this.#drawText();
  }

  /** Screen rows that a line takes: GRUB puts a backslash where it breaks one. */
  #wrapped(line: string): string[] {
    const rows: string[] = [];
    let rest = line;
    while (rest.length > WIDTH - 1) {
      rows.push(`${rest.slice(0, WIDTH - 1)}\\`);
      rest = rest.slice(WIDTH - 1);
    }
    rows.push(rest);
    return rows;
  }

  #drawText(): void {
    const rows = this.#lines.flatMap((line) => this.#wrapped(line)).slice(0, ROWS);
    for (let row = 0; row < ROWS; row++) {
      this.#write(`\x1b[${FIRST_ROW + row};3H${(rows[row] ?? "").padEnd(WIDTH)}`);
    }
    this.#place();
  }

  #place(): void {
    let row = FIRST_ROW;
    for (const line of this.#lines.slice(0, this.#row)) row += this.#wrapped(line).length;
    row += Math.floor(this.#column / (WIDTH - 1));
    this.#write(`\x1b[?25l\x1b[${row};${3 + (this.#column % (WIDTH - 1))}H\x1b[?25h`);
  }

  #frame(help: string): void {
    const border = `+${"-".repeat(WIDTH)}+`;
    this.#write(
      `\x1b[H\x1b[J\x1b[1;1H\x1b[2;24HGNU GRUB  version 2.06-13+deb12u2\n\r\n\r\x1b[4;2H${border}`,
    );
    for (let row = FIRST_ROW; row < FIRST_ROW + ROWS; row++) {
      this.#write(`\x1b[${row};2H|\x1b[${row};79H|`);
    }
    this.#write(`\x1b[${FIRST_ROW + ROWS};2H${border}\x1b[19;2H     ${help}`);
    this.#write("\n\r      completions. Press Ctrl-x or F10 to boot, Ctrl-c or F2 for          ");
  }
}
