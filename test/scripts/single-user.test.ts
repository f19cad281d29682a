import { describe, expect, it } from "vitest";
import { MockHost } from "../../mocks/host.ts";
import singleUser from "../../scripts/single-user.ts";
import { LONGEST, PASSWORD, runKit } from "../core/runbook/run-kit.ts";

/** A line that rests after so many bytes. */
const PIECE = 400;
const REST_MS = 280;

describe("single-user", () => {
  it("reboots from the shell, edits GRUB, runs a command as root, returns to the login prompt", async () => {
    const kit = await runKit();
    await kit.boot();
    const { result, story } = await kit.run(singleUser, { command: "id; echo 'a b'" });
    expect(result, story).toBe("done");
    expect(story).toContain('restart: grub boots with "single"');
    expect(story).toContain("command: | uid=0(root)");
    expect(story).toContain("command: | a b");
    expect(kit.host.phase).toBe("login");
    expect(kit.power.cycles).toBe(0);
  });

  it.each([10, 20])(
    "works among kernel messages, %i a second, that tear prompts and markers apart",
    async (chatter) => {
      const kit = await runKit({ chatter });
      await kit.boot();
      const { result, story } = await kit.run(singleUser, { command: "id -u" });
      expect(result, story).toBe("done");
    },
  );

  it("edits a linux line that GRUB wraps and scrolls", async () => {
    const kit = await runKit({
      kernelArguments: LONGEST,
      faults: { grub: { linesBefore: 14 } },
    });
    await kit.boot();
    const { result, story } = await kit.run(singleUser, {
      arguments: "systemd.unit=rescue.target",
    });
    expect(result, story).toBe("done");
  });

  it("waits for a GRUB that is drawn in pieces, with rests between them", async () => {
    const kit = await runKit({
      machine: ({ clock, write }) => {
        let free = 0;
        let since = 0;
        const slow = (bytes: Uint8Array) => {
          for (const byte of bytes) {
            since = (since + 1) % PIECE;
            free = Math.max(free, clock.monotonic()) + (since === 0 ? REST_MS : 0);
            clock.after(free - clock.monotonic(), () => write(Uint8Array.of(byte)));
          }
        };
        return new MockHost({
          name: "web1",
          clock,
          write: slow,
          password: PASSWORD,
          grubSeconds: 30,
        });
      },
    });
    kit.power.state = "off";
    const { result, story } = await kit.run(singleUser, { by: "cycle" });
    expect(result, story).toBe("done");
  });

  it("cycles the power where no shell answers, and says why", async () => {
    const kit = await runKit();
    await kit.boot();
    kit.host.hang();
    const { result, story } = await kit.run(singleUser);
    expect(result, story).toBe("done");
    expect(story).toMatch(
      /no shell to reboot from: Cannot go on at web1 in step "restart": waited 5s/,
    );
    expect(kit.power.cycles).toBe(1);
  });

  it("by sysrq proves that the kernel answers first", async () => {
    const kit = await runKit();
    await kit.boot();
    const { result, story } = await kit.run(singleUser, { by: "sysrq" });
    expect(result, story).toBe("done");
    const lost = await runKit({ losesBreak: true });
    await lost.boot();
    const failed = await lost.run(singleUser, { by: "sysrq" });
    expect(failed.end).toMatchObject({ result: "failed", error: { code: "EXPECT_TIMEOUT" } });
    expect(lost.wire.typed.join("")).toBe("h\x15");
  });

  it("does not cut a host that only has no reboot by shell when asked for reboot alone", async () => {
    const kit = await runKit();
    await kit.boot();
    kit.host.hang();
    const { end } = await kit.run(singleUser, { by: "reboot" });
    expect(end).toMatchObject({ result: "failed", step: "restart" });
    expect(kit.power.cycles).toBe(0);
  });

  it.each([
    ["asks for a password", { grub: { password: true } }, /GRUB asks for a user name/],
    ["has no linux line", { grub: { noLinuxLine: true } }, /no line that begins with "linux"/],
    ["loses keys", { grub: { losesKeys: true } }, /did not land/],
  ])(
    "a GRUB that %s: the edit is discarded and the host boots as it is",
    async (_, faults, why) => {
      const kit = await runKit({ faults });
      await kit.boot();
      const { end } = await kit.run(singleUser, { by: "reboot" });
      expect(end?.result).toBe("failed");
      expect(end?.text).toMatch(why);
      expect(end?.text).toContain("the entry boots unchanged");
      await kit.pass(() => kit.host.phase === "login", 60_000);
    },
  );

  it("a GRUB that asks for a password gets the one of the host's entry, and no event shows it", async () => {
    const loaderLogin = { user: "root", password: async () => "grub secret" };
    const kit = await runKit({ faults: { grub: { password: "grub secret" } }, loaderLogin });
    await kit.boot();
    const { result, story, events } = await kit.run(singleUser);
    expect(result, story).toBe("done");
    expect(JSON.stringify([events, kit.audit])).not.toContain("grub secret");
  });

  it("a GRUB that refuses the password boots as it is, and is asked once", async () => {
    const loaderLogin = { user: "root", password: async () => "wrong" };
    const kit = await runKit({ faults: { grub: { password: "grub secret" } }, loaderLogin });
    await kit.boot();
    const { end } = await kit.run(singleUser, { by: "reboot" });
    expect(end?.text).toContain('GRUB refused the password of "root"');
    expect(end?.text).toContain("the entry boots unchanged");
    await kit.pass(() => kit.host.phase === "login", 60_000);
  });

  it("a boot that fails in the loader: nobody is said to be logged in at the host that was restarted", async () => {
    const kit = await runKit();
    await kit.boot();
    const { end, story } = await kit.run(singleUser, { by: "reboot", entry: "No such entry" });
    expect(end?.text).toMatch(/the entry that was highlighted boots/);
    expect(end?.text).not.toContain('""');
    expect(story).not.toContain("logged in");
    await kit.pass(() => kit.host.phase === "login", 60_000);
  });

  it("GRUB at its rescue prompt: says so, types nothing", async () => {
    const kit = await runKit();
    await kit.boot();
    kit.host.faults = { grubRescue: true };
    const { end } = await kit.run(singleUser, { by: "cycle" });
    expect(end?.text).toMatch(/GRUB shows its rescue prompt; nothing was typed/);
    expect(kit.wire.typed.join("")).toBe("");
  });

  it("a locked root account is named, with the way around it", async () => {
    const kit = await runKit({ faults: { lockedRoot: true } });
    await kit.boot();
    const { end } = await kit.run(singleUser);
    expect(end).toMatchObject({ step: "root shell", error: { code: "LOGIN_REFUSED" } });
    expect(end?.text).toContain("its root account is locked");
    expect(end?.error?.hint).toContain("init=/bin/sh");
  });

  const wrong = { credentials: { user: "root", password: async () => "wrong" } };

  it("a refused password: a host that lives is not cut, and says so", async () => {
    const kit = await runKit(wrong);
    await kit.boot();
    const { end } = await kit.run(singleUser);
    expect(end).toMatchObject({ step: "restart", error: { code: "LOGIN_REFUSED" } });
    expect(kit.power.cycles).toBe(0);
    expect(kit.host.phase).toBe("login");
  });

  it("a refused password is no hindrance where the shell asks for none", async () => {
    const kit = await runKit(wrong);
    await kit.boot();
    await kit.run(singleUser, { arguments: "init=/bin/sh" });
    expect(kit.power.cycles).toBe(1);
  });

  it("a password that the maintenance prompt refuses: the host is led on to its login prompt", async () => {
    const kit = await runKit(wrong);
    await kit.boot();
    const { end, story } = await kit.run(singleUser, { by: "cycle" });
    expect(end).toMatchObject({ step: "root shell", error: { code: "LOGIN_REFUSED" } });
    expect(story).toContain("it was led on to its login prompt");
    expect(kit.host.phase).toBe("login");
    expect(kit.power.cycles).toBe(1);
  });

  it("a prompt that never comes: the step, the wait and the console's last words", async () => {
    const kit = await runKit({ faults: { hangsAtBoot: true } });
    await kit.boot();
    const { end } = await kit.run(singleUser, { by: "cycle" });
    expect(end).toMatchObject({ step: "root shell", error: { code: "EXPECT_TIMEOUT" } });
    expect(end?.text).toMatch(
      /^Cannot go on at web1 in step "root shell": waited 10m for root's maintenance prompt or a shell, the console last said ".*"/,
    );
  });

  it("without a login it is refused before the host is touched", async () => {
    const kit = await runKit({ credentials: null });
    await kit.boot();
    const { end } = await kit.run(singleUser, { by: "cycle" });
    expect(end).toMatchObject({ result: "refused", error: { code: "SECRET_MISSING" } });
    expect(kit.power.cycles).toBe(0);
    expect(kit.wire.typed).toEqual([]);
  });

  it("kernel arguments that GRUB's shell would run are refused before the host is touched", async () => {
    const kit = await runKit();
    await kit.boot();
    const { end } = await kit.run(singleUser, { arguments: "single; halt" });
    expect(end).toMatchObject({ result: "failed", error: { code: "RUNBOOK_INVALID" } });
    expect(kit.wire.typed).toEqual([]);
  });

  it("--dry-run lists every act and neither types nor switches", async () => {
    const kit = await runKit();
    await kit.boot();
    const { result, story } = await kit.run(singleUser, { command: "id" }, { dryRun: true });
    expect(result, story).toBe("done");
    expect(story).toMatch(/would: restart web1: reboot it from its shell, or cycle its power/);
    expect(story).toMatch(/would: log in[\s\S]*would: run "id"[\s\S]*would: leave the shell/);
    expect(kit.wire.typed).toEqual([]);
    expect(kit.power.cycles).toBe(0);
    expect(kit.audit.map((event) => event.type)).not.toContain("run.act");
  });

  it("a command that fails leaves the host in single-user mode and says so", async () => {
    const kit = await runKit();
    await kit.boot();
    const { end } = await kit.run(singleUser, { command: "false" });
    expect(end).toMatchObject({ result: "failed", step: "command" });
    expect(end?.error?.hint).toContain("stays in single-user mode");
    expect(kit.host.phase).toBe("shell");
  });

  it("no event, no audit record holds the password", async () => {
    const kit = await runKit();
    await kit.boot();
    const { events } = await kit.run(singleUser, { command: `echo ${PASSWORD}` });
    expect(JSON.stringify(events)).toContain("********");
    expect(JSON.stringify([events, kit.audit])).not.toContain(PASSWORD);
  });
});
