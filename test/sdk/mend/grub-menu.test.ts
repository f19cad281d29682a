import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  GRUB_MENU,
  grubEntries,
  olderKernel,
  SAVED_ENTRY,
  savedKernel,
} from "../../../src/sdk/mend/grub-menu.ts";

const SUBMENU = [
  "                         GNU GRUB  version 2.06-13+deb12u2",
  "",
  " +----------------------------------------------------------------------------+",
  " |*Debian GNU/Linux, with Linux 6.1.0-56-cloud-amd64                          |",
  " | Debian GNU/Linux, with Linux 6.1.0-56-cloud-amd64 (recovery mode)          |",
  " | Debian GNU/Linux, with Linux 6.1.0-55-cloud-amd64                          |",
  " | Debian GNU/Linux, with Linux 6.1.0-55-cloud-amd64 (recovery mode)          |",
  " |                                                                            |",
  " +----------------------------------------------------------------------------+",
  "",
  "     Use the ^ and v keys to select which entry is highlighted.",
];
const screen = { rows: SUBMENU, cursor: { row: 3, column: 77 } };

describe("GRUB's menu", () => {
  it("grubEntries() and the highlight are read from the box", () => {
    expect(grubEntries(screen)).toHaveLength(4);
    expect(grubEntries(screen)[2]).toBe("Debian GNU/Linux, with Linux 6.1.0-55-cloud-amd64");
    expect(GRUB_MENU.highlighted(screen)).toBe(3);
    expect(GRUB_MENU.highlighted({ rows: ["login:"], cursor: { row: 0, column: 6 } })).toBe(
      undefined,
    );
  });

  it("olderKernel() takes the newest but one, and no recovery entry", () => {
    expect(olderKernel(grubEntries(screen), "")).toBe("6.1.0-55-cloud-amd64");
    expect(olderKernel(grubEntries(screen), "6.1.0-56-cloud-amd64")).toBe("6.1.0-56-cloud-amd64");
  });

  it("olderKernel() says what there is where the wanted one is not", () => {
    expect(() => olderKernel(grubEntries(screen), "6.1.0-99-amd64")).toThrow(
      'Cannot boot kernel "6.1.0-99-amd64": GRUB\'s menu has 6.1.0-56-cloud-amd64, 6.1.0-55-cloud-amd64',
    );
    expect(() => olderKernel(grubEntries(screen).slice(0, 2), "")).toThrow(
      "Cannot boot an older kernel",
    );
  });
});

describe("a choice that GRUB keeps", () => {
  const ENTRY = "gnulinux-advanced-6f6f>gnulinux-6.1.0-50-cloud-amd64-advanced-6f6f";
  /** As grub-mkconfig and GRUB write them. */
  function ask(entries: string, saved: string): string {
    const folder = mkdtempSync(join(tmpdir(), "oob-grub-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, "grub"));
    const config = `function savedefault {\n  save_env saved_entry\n}\nmenuentry 'Debian' {\n${entries}}\n`;
    writeFileSync(join(folder, "grub/grub.cfg"), config);
    const block = `# GRUB Environment Block\n${saved}`;
    writeFileSync(join(folder, "grub/grubenv"), block.padEnd(1024, "#"));
    const script = SAVED_ENTRY.replaceAll("/boot/", `${folder}/`);
    return spawnSync("sh", ["-c", script], { encoding: "utf8" }).stdout;
  }

  it("SAVED_ENTRY prints it where entries save themselves, savedKernel() knows whose it is", () => {
    const text = ask("\tsavedefault\n\tload_video\n", `saved_entry=${ENTRY}\n`);
    expect(text).toBe(`saved ${ENTRY}\n`);
    expect(savedKernel(text, "6.1.0-50-cloud-amd64")).toBe(true);
    expect(savedKernel(text, "6.1.0-5")).toBe(false);
    expect(savedKernel(text, "6.1.0-49-cloud-amd64")).toBe(false);
  });

  it("SAVED_ENTRY prints nothing where GRUB_SAVEDEFAULT is not set, or nothing was chosen", () => {
    expect(ask("\tload_video\n", `saved_entry=${ENTRY}\n`)).toBe("");
    expect(ask("\tsavedefault\n", "")).toBe("");
  });
});
