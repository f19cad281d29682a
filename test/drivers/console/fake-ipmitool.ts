import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Runs as ipmitool does: what it says stands in files beside it, and what it is asked is written down. */
const SCRIPT = `#!/usr/bin/env node
const fs = require("node:fs"), path = require("node:path");
const beside = (name) => path.join(path.dirname(__filename), name);
const asked = process.argv.slice(2).join(" ");
fs.appendFileSync(beside("calls"), asked + "\\n");
fs.appendFileSync(beside("passwords"), process.env.IPMITOOL_PASSWORD + "\\n");
const read = (name) => { try { return fs.readFileSync(beside(name), "latin1"); } catch { return ""; } };
if (asked.endsWith("raw 0x06 0x4b 0x01 0x01")) process.stdout.write(read("owner"));
else if (asked.endsWith("sol deactivate")) { fs.rmSync(beside("refuses"), { force: true }); }
else if (read("refuses") !== "") { process.stderr.write(read("refuses")); process.exit(1); }
else {
  process.stdin.setRawMode(true);
  process.stdout.write("[SOL Session operational.  Use ~? for help]\\n" + read("first"));
  process.stdin.on("data", (keys) => {
    const text = keys.toString("latin1");
    if (text.includes("~.")) process.exit(0);
    if (text.includes("~B")) process.stdout.write("~B [send break]\\n");
    if (text.includes("die")) { process.stderr.write("SOL session closed by BMC\\n"); process.exit(1); }
    process.stdout.write(Buffer.from("<" + text.replace("~B", "BREAK") + ">", "latin1"));
  });
}
`;

/** A stand-in for ipmitool. */
export class FakeIpmitool {
  readonly #folder = mkdtempSync(join(tmpdir(), "oob-ipmitool-"));
  readonly path = join(this.#folder, "ipmitool");

  constructor() {
    writeFileSync(this.path, SCRIPT);
    chmodSync(this.path, 0o755);
    this.say("owner", " 02 07 00 00 01 00 00 00 00 00 00 00\n");
  }

  /** owner: the answer about the session; refuses: why activation fails; first: what the host prints at once. */
  say(what: "owner" | "refuses" | "first", text: string): void {
    writeFileSync(join(this.#folder, what), text, "latin1");
  }

  get calls(): string {
    return readFileSync(join(this.#folder, "calls"), "utf8");
  }

  get passwords(): string {
    return readFileSync(join(this.#folder, "passwords"), "utf8");
  }
}
