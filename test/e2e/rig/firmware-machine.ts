import { type ChildProcess, spawn } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const CODE = "/usr/share/OVMF/OVMF_CODE_4M.fd";
const VARS = "/usr/share/OVMF/OVMF_VARS_4M.fd";

/** A machine without a disk, whose firmware speaks on its line, with a power switch. OVMF keeps variables of its own. */
export class FirmwareMachine {
  readonly folder = mkdtempSync(join(tmpdir(), "oob-fw-"));
  readonly unixPath = join(this.folder, "console");
  readonly name: string;
  readonly #arguments: readonly string[];
  #process: ChildProcess | undefined;

  constructor(name: string, firmware: "ovmf" | "seabios", more: readonly string[] = []) {
    this.name = name;
    const line = `unix:${this.unixPath},server=on,wait=on`;
    this.#arguments = [
      ...["-accel", "tcg", "-display", "none", "-monitor", "none", "-net", "none"],
      ...["-serial", line, "-m", firmware === "ovmf" ? "128" : "32"],
      ...(firmware === "ovmf" ? this.#ovmf() : ["-machine", "pc,graphics=off", "-vga", "none"]),
      ...more,
    ];
  }

  powerOn(): void {
    if (this.#process) return;
    this.#process = spawn("qemu-system-x86_64", this.#arguments, { stdio: "ignore" });
  }

  powerOff(): void {
    this.#process?.kill("SIGKILL");
    this.#process = undefined;
  }

  dispose(): void {
    this.powerOff();
    rmSync(this.folder, { recursive: true, force: true });
  }

  #ovmf(): string[] {
    const vars = join(this.folder, "vars.fd");
    copyFileSync(VARS, vars);
    return [
      ...["-machine", "q35", "-drive", `if=pflash,format=raw,readonly=on,file=${CODE}`],
      ...["-drive", `if=pflash,format=raw,file=${vars}`],
    ];
  }
}
