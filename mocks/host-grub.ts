const WIDTH = 76;
const FIRST_ROW = 5;
const ROWS = 12;

/** What may be wrong with a GRUB. */
export interface GrubFaults {
  /** Editing asks for a user name and this password first; true: for one that nobody knows. */
  readonly password?: boolean | string;
  /** The entry loads something else than a Linux kernel. */
  readonly noLinuxLine?: boolean;
  /** Loses every third key of fast typing. */
  readonly losesKeys?: boolean;
  /** Lines before the one that loads the kernel, so that the box has to scroll. */
  readonly linesBefore?: number;
}

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
  #faults: GrubFaults;
  #place: "menu" | "editor" | "password" = "menu";
  #row = 0;
  #column = 0;
  #top = 0;
  #typed = 0;
  /** User name and password, as far as they were typed. */
  #answers: string[] = [];

  constructor(
    title: string,
    kernelArguments: string,
    write: (text: string) => void,
    faults: GrubFaults = {},
  ) {
    this.#title = title;
    this.#write = write;
    this.#faults = faults;
    this.#original = [
      `setparams '${title}'`,
      "",
      "  load_video",
      "  insmod gzio",
      ...Array.from({ length: faults.linesBefore ?? 0 }, (_, n) => `  insmod module${n}`),
      "  echo 'Loading Linux 6.1.0-56-amd64 ...'",
      `  ${faults.noLinuxLine ? "chainloader" : "linux"} /boot/vmlinuz-6.1.0-56-amd64 ${kernelArguments}`,
      "  echo 'Loading initial ramdisk ...'",
      "  initrd /boot/initrd.img-6.1.0-56-amd64",
    ];
    this.#lines = [...this.#original];
  }

  drawMenu(): void {
    this.#place = "menu";
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
    if (this.#place === "editor") return this.#editorKey(byte);
    if (this.#place === "menu") return this.#menuKey(byte);
    if (byte === 27) this.drawMenu();
    else if (byte === 13) this.#answer();
    else {
      this.#answers[this.#answers.length - 1] += String.fromCharCode(byte);
      // The password is not shown.
      if (this.#answers.length === 1) this.#write(String.fromCharCode(byte));
    }
    return "stay";
  }

  #menuKey(byte: number): GrubOutcome {
    if (byte === 13) return "boot";
    if (byte === 0x65 && this.#faults.password) {
      this.#place = "password";
      this.#answers = [""];
      this.#write("\x1b[H\x1b[J\x1b[1;1HEnter username: \n\r");
    } else if (byte === 0x65) this.#edit();
    return "stay";
  }

  #edit(): void {
    this.#lines = [...this.#original];
    this.#place = "editor";
    this.#row = 0;
    this.#column = 0;
    this.#top = 0;
    this.#frame("Minimum Emacs-like screen editing is supported. TAB lists");
    this.#drawText();
  }

  #answer(): void {
    const [user, password] = this.#answers;
    if (password === undefined) {
      this.#answers.push("");
      this.#write("\r\nEnter password: \r\n");
    } else if (user === "root" && password === this.#faults.password) this.#edit();
    else this.drawMenu();
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
    this.#drawText();
    return "stay";
  }

  #insert(line: string, byte: number): void {
    this.#typed++;
    if (this.#faults.losesKeys && this.#typed % 3 === 0) return;
    this.#lines[this.#row] =
      line.slice(0, this.#column) + String.fromCharCode(byte) + line.slice(this.#column);
    this.#column++;
  }

  #erase(line: string): void {
    if (this.#column === 0) return;
    this.#lines[this.#row] = line.slice(0, this.#column - 1) + line.slice(this.#column);
    this.#column--;
  }

  /** Screen rows that a line takes: GRUB puts a backslash where it breaks one. */
  #wrapped(line: string): string[] {
    const rows: string[] = [];
    let rest = line;
    // As in GRUB's editor, a line that fills the row has an empty one after it for the cursor.
    while (rest.length >= WIDTH - 1) {
      rows.push(`${rest.slice(0, WIDTH - 1)}\\`);
      rest = rest.slice(WIDTH - 1);
    }
    rows.push(rest);
    return rows;
  }

  /** Draws what fits into the box, moved so that the cursor is in it. */
  #drawText(): void {
    const above = this.#lines.slice(0, this.#row).flatMap((line) => this.#wrapped(line)).length;
    const row = above + Math.floor(this.#column / (WIDTH - 1));
    this.#top = Math.min(row, Math.max(this.#top, row - ROWS + 1));
    const rows = this.#lines.flatMap((line) => this.#wrapped(line)).slice(this.#top);
    for (let n = 0; n < ROWS; n++) {
      this.#write(`\x1b[${FIRST_ROW + n};3H${(rows[n] ?? "").padEnd(WIDTH)}`);
    }
    const column = 3 + (this.#column % (WIDTH - 1));
    this.#write(`\x1b[?25l\x1b[${FIRST_ROW + row - this.#top};${column}H\x1b[?25h`);
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
