import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import {
  armScript,
  BACK_NOW,
  offScript,
  PACKET_FILTERS,
  type PacketFilter,
  TIMER_RUNS,
  WHICH_FILTER,
} from "../../../src/sdk/mend/timed-undo.ts";

const RULES = "table inet filter {\n}\n";
/** nft(8) as far as it is typed here; its ruleset is a file. */
const NFT = `case "$*" in
  "list ruleset") cat "$RULES"; [ -e "$RULES.managed" ] && echo "# Warning: table ip filter is managed by iptables-nft, do not touch!" >&2; true ;;
  "list tables") grep "^table" "$RULES"; true ;;
  "flush ruleset") [ -e "$RULES.stuck" ] && exit 1; : >"$RULES" ;;
  "-c -f "*) [ ! -e "$RULES.odd" ] ;;
  "-f "*) [ -e "$RULES.odd" ] && exit 1; grep -v "^flush ruleset" "$2" >"$RULES" ;;
esac`;

const folders: string[] = [];
/** Timers that were started: each leads a process group (setsid), in which its sleep outlives it. */
const timers = new Set<number>();
afterEach(() => {
  for (const group of timers) {
    try {
      process.kill(-group, "SIGKILL");
    } catch {
      // It came to its end by itself.
    }
  }
  timers.clear();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Keeps the number of a timer that an armed script left running. */
function note(journal: string): void {
  const file = join(journal, "pid");
  const pid = existsSync(file) ? Number(readFileSync(file, "utf8")) : 0;
  if (pid > 1 && leadsGroup(pid)) timers.add(pid);
}

/** Field 5 of proc(5) stat is the process group. */
function leadsGroup(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[2] === String(pid);
  } catch {
    return false;
  }
}

function hostWithNft() {
  const folder = mkdtempSync(join(tmpdir(), "oob-lockout-"));
  folders.push(folder);
  const bin = join(folder, "bin");
  const rules = join(folder, "rules");
  mkdirSync(bin);
  writeFileSync(rules, RULES);
  for (const [name, text] of [
    ["nft", NFT],
    ["sync", "exit 0"],
    ["sleep", '[ -e "$RULES.odd" ] && exit 0; exec /bin/sleep "$@"'],
    // This machine's own service manager is not to be asked.
    ["systemd-run", "exit 1"],
  ] as const) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`);
    chmodSync(join(bin, name), 0o755);
  }
  const journal = join(folder, "journal");
  const run = (script: string) => {
    const text = script
      .replaceAll("/var/run/oob-lockout", journal)
      .replaceAll("/run/systemd/system", join(folder, "none"));
    const ended = spawnSync("sh", ["-c", text], {
      env: { PATH: `${bin}:${process.env.PATH}`, RULES: rules },
      encoding: "utf8",
    });
    note(journal);
    return ended;
  };
  return {
    run,
    rules: () => readFileSync(rules, "utf8"),
    stuck: () => writeFileSync(`${rules}.stuck`, ""),
    /** Its one table is of iptables-nft. */
    managed: () => writeFileSync(`${rules}.managed`, ""),
    /** nft lists what it does not read. */
    odd: () => writeFileSync(`${rules}.odd`, ""),
    journal,
  };
}

const nft = PACKET_FILTERS[0] as PacketFilter;
/** The timer is of the machine: a minute is generous. */
async function comes(is: () => boolean): Promise<void> {
  const end = performance.now() + 60_000;
  while (!is()) {
    if (performance.now() > end) throw new Error("it never came about");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("rules that come back by themselves", () => {
  it("are saved, switched off, and loaded again by the host's own timer", {
    timeout: 90_000,
  }, async () => {
    const host = hostWithNft();
    expect(host.run(WHICH_FILTER).stdout).toBe("nft\n");
    expect(host.run(armScript(nft, 2))).toMatchObject({ status: 0 });
    expect(host.run(offScript(nft)).status).toBe(0);
    await comes(() => host.rules() === RULES && !existsSync(host.journal));
  });

  it("of iptables-nft alone are none of nft's own: iptables saves them whole", () => {
    const host = hostWithNft();
    host.managed();
    expect(host.run(WHICH_FILTER).stdout).toBe("none\n");
  });

  it("come back at once where a person asks for it, and the timer is gone", {
    timeout: 90_000,
  }, () => {
    const host = hostWithNft();
    host.run(armScript(nft, 3600));
    host.run(offScript(nft));
    expect(host.rules()).toBe("");
    expect(host.run(TIMER_RUNS).status).toBe(0);
    expect(host.run(BACK_NOW).status).toBe(0);
    expect(host.rules()).toBe(RULES);
    expect(host.run(TIMER_RUNS).status).not.toBe(0);
  });

  it("are not switched off where no timer runs", () => {
    const host = hostWithNft();
    expect(host.run(offScript(nft)).status).toBe(3);
    expect(host.rules()).toBe(RULES);
  });

  it("are loaded at once where switching off does not work", { timeout: 90_000 }, () => {
    const host = hostWithNft();
    host.run(armScript(nft, 3600));
    host.stuck();
    expect(host.run(offScript(nft)).status).toBe(4);
    expect(host.rules()).toBe(RULES);
  });

  it("are not switched off where they would not load again", () => {
    const host = hostWithNft();
    host.odd();
    const armed = host.run(armScript(nft, 3600));
    expect(armed.status).toBe(1);
    expect(armed.stdout).toContain("would not load again");
    expect(host.rules()).toBe(RULES);
  });

  it("stay saved where they do not load, and nobody is told that they are back", {
    timeout: 90_000,
  }, () => {
    const host = hostWithNft();
    expect(host.run(armScript(nft, 3600)).status).toBe(0);
    host.run(offScript(nft));
    host.odd();
    expect(host.run(BACK_NOW).status).not.toBe(0);
    expect(readFileSync(join(host.journal, "rules"), "utf8")).toContain(RULES);
  });

  it("a process that has got the timer's number is neither taken for it nor ended", {
    timeout: 90_000,
  }, async () => {
    const host = hostWithNft();
    const other = spawn("/bin/sleep", ["3600"]);
    try {
      mkdirSync(host.journal);
      writeFileSync(join(host.journal, "pid"), `${other.pid}\n`);
      writeFileSync(join(host.journal, "back"), `rm -rf ${host.journal}\n`);
      expect(host.run(TIMER_RUNS).status).not.toBe(0);
      const ended = new Promise((resolve) => other.once("exit", () => resolve("ended")));
      expect(host.run(BACK_NOW).status).toBe(0);
      const lives = new Promise((resolve) => setTimeout(resolve, 200, "lives"));
      expect(await Promise.race([ended, lives])).toBe("lives");
    } finally {
      other.kill();
    }
  });

  it("whoever is not root is not told that nothing filters", () => {
    const { status, stdout } = hostWithNft().run(`id() { echo 1000; }\n${WHICH_FILTER}`);
    expect([status, stdout]).toEqual([1, "only root can ask its packet filters\n"]);
  });
});
