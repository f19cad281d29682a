import { spawnSync } from "node:child_process";
import { describe, expect, it, vi } from "vitest";
import {
  LOG_TO_CONSOLE_LOOK,
  type LogFacts,
  logPlan,
  readLogFacts,
} from "../../../src/sdk/log-to-console/log-plan.ts";

// Shells of this machine do the work, and others use it, too.
vi.setConfig({ testTimeout: 60_000 });

const DEBIAN = `tty ttyS0
journald yes
getty yes
console tty0
console ttyS0,115200n8
grub-there yes
grub tty0
grub ttyS0,115200n8
`;
const facts = readLogFacts(DEBIAN, "4\t4\t1\t7\n");
const planned = (more: Partial<LogFacts>, line = "ttyS0") => {
  const plan = logPlan({ ...facts, ...more }, { line, level: "warning" });
  if (typeof plan === "string") throw new Error(plan);
  return plan;
};

describe("logPlan()", () => {
  it("readLogFacts() reads what the host says, and nothing else", () => {
    expect(facts).toEqual({
      tty: "ttyS0",
      rsyslog: false,
      journald: true,
      getty: true,
      consoles: ["tty0", "ttyS0"],
      grub: ["tty0", "ttyS0"],
      printk: 4,
      settings: new Map([["ttyS0", "115200n8"]]),
    });
    expect(readLogFacts("tty $(reboot)\n", "many")).toMatchObject({
      tty: "",
      grub: undefined,
    });
  });

  it("journald where there is no rsyslog, and what is set already is left alone", () => {
    const plan = planned({});
    expect(plan.files.map(({ path }) => path)).toEqual([
      "/etc/systemd/journald.conf.d/90-oob-console.conf",
      "/etc/sysctl.d/90-oob-console.conf",
    ]);
    expect(plan.files[0]?.content).toContain("TTYPath=/dev/ttyS0\nMaxLevelConsole=warning\n");
    expect(plan.undo).toHaveLength(2);
  });

  it("rsyslog, a getty and console= in GRUB where they are missing, each with its way back", () => {
    const plan = planned({ rsyslog: true, getty: false, grub: ["tty0"] });
    expect(plan.does).toHaveLength(4);
    expect(plan.files.map(({ path }) => path)).toContain("/etc/rsyslog.d/90-oob-console.conf");
    expect(plan.commands.map(({ script }) => script).join("\n")).toMatch(
      /systemctl restart rsyslog[\s\S]*serial-getty@ttyS0[\s\S]*update-grub/,
    );
    expect(plan.undo).toHaveLength(plan.does.length);
  });

  it("GRUB's console= keeps the speed at which the line is talked to", () => {
    const content = (text: string) => {
      const plan = logPlan(readLogFacts(`journald yes\ngrub-there yes\n${text}`, "4 4 1 7"), {
        line: "ttyS0",
        level: "err",
      });
      if (typeof plan === "string") throw new Error(plan);
      return plan.files.find(({ path }) => path.includes("grub"))?.content;
    };
    expect(content("tty ttyS0\nspeed 9600\n")).toContain("console=ttyS0,9600n8");
    expect(content("tty ttyS0\nspeed 9600\nconsole ttyS0,19200e7\n")).toContain("ttyS0,19200e7");
    expect(content("tty ttyS0\nspeed 0\n")).toContain("console=ttyS0,115200n8");
    expect(content("tty ttyS1\nspeed 9600\n")).toContain("console=ttyS0,115200n8");
  });

  it("a line that could be anything else in a shell is refused", () => {
    for (const line of ["ttyS0; reboot", "../sda", "tty1", "pts/0"])
      expect(logPlan(facts, { line, level: "warning" })).toMatch(/no serial line/);
    expect(logPlan(facts, { line: "", level: "warning" })).toMatch(/give it, line=ttyS0$/);
    expect(logPlan({ ...facts, journald: false }, { line: "ttyS0", level: "err" })).toMatch(
      /neither/,
    );
  });

  it("the look is a script that every sh takes", () => {
    // This machine's own systemd is not asked: it may take its time.
    const script = `systemctl() { [ "$3" = rsyslog ]; }\n${LOG_TO_CONSOLE_LOOK}`;
    for (const shell of [["dash"], ["bash", "--posix"], ["busybox", "sh"]]) {
      const [program = "", ...more] = shell;
      const { stdout, stderr, status } = spawnSync(program, [...more, "-c", script], {
        encoding: "utf8",
      });
      expect(stderr, shell.join(" ")).not.toMatch(/[Ss]yntax|not found/);
      expect([0, 1, 2]).toContain(status);
      expect(stdout).toMatch(/^tty .*\n/);
      expect(stdout).toMatch(/^rsyslog yes$/m);
      expect(stdout).not.toMatch(/^journald/m);
    }
  });
});
