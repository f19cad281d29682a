import { describe, expect, it } from "vitest";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { OobError } from "../../../src/lib/errors.ts";
import type { Runbook, RunbookHands } from "../../../src/sdk/runbook.ts";
import { PASSWORD, runKit } from "./run-kit.ts";

const book = (run: Runbook["run"], changes: Partial<Runbook> = {}): Runbook => ({
  title: "t",
  summary: "a test",
  risk: "type",
  sources: ["test"],
  options: {},
  timeout: minutes(30),
  run,
  ...changes,
});

const booted = async (options: Parameters<typeof runKit>[0] = {}) => {
  const kit = await runKit(options);
  await kit.boot();
  return kit;
};

/** A login whose shell takes a command frame for a mistake, as fish does. */
const fish =
  (ends: boolean) =>
  ({ write }: { write: (bytes: Uint8Array) => void }) => {
    let place: "login" | "password" | "shell" = "login";
    let line = "";
    const say = (text: string) => write(Buffer.from(text));
    const entered = () => {
      if (place === "login") place = line === "root" ? "password" : "login";
      else if (place === "password") place = line === PASSWORD ? "shell" : "login";
      else if (line === " exit" && ends) place = "login";
      else if (line !== "") say("fish: $? is not the exit status\r\n");
      line = "";
      say({ login: "web1 login: ", password: "Password: ", shell: "root@web1 ~# " }[place]);
    };
    const key = (byte: number) => {
      if (byte === 0x15) line = "";
      if (byte !== 13 && byte < 32) return;
      if (place !== "password") write(byte === 13 ? Buffer.from("\r\n") : Uint8Array.of(byte));
      if (byte === 13) entered();
      else line += String.fromCharCode(byte);
    };
    const receive = (bytes: Uint8Array) => {
      for (const byte of bytes) key(byte);
    };
    return { receive };
  };

describe("login()", () => {
  const logIn = book(async ({ console, step }) => {
    await step("login", () => console.login());
    return (await console.run("hostname")).output.trim();
  });

  it("types user and password at their prompts, proves the shell, and logs out at the end", async () => {
    const kit = await booted();
    const { end } = await kit.run(logIn);
    expect(end).toMatchObject({ result: "done", text: "web1" });
    await kit.pass(() => kit.host.phase === "login", 5000);
  });

  it("leaves a shell that stood open as it was, and never runs what was half typed there", async () => {
    const kit = await booted();
    kit.host.receive(Buffer.from(`root\r${PASSWORD}\rpoweroff`));
    const { result, story } = await kit.run(logIn);
    expect(result, story).toBe("done");
    expect(kit.host.phase).toBe("shell");
  });

  it("somebody's half-finished login is taken back first", async () => {
    const kit = await booted();
    kit.host.receive(Buffer.from("alice\r"));
    expect((await kit.run(logIn)).result).toBe("done");
  });

  it.each(["Passwort: ", "Mot de passe : ", "Contraseña: ", "Пароль: ", "パスワード：", "암호: "])(
    "knows the password prompt of another language: %s",
    async (passwordPrompt) => {
      const kit = await booted({ passwordPrompt });
      expect((await kit.run(logIn)).end).toMatchObject({ result: "done", text: "web1" });
      const shown = await booted({ passwordPrompt, faults: { showsPasswords: true } });
      expect((await shown.run(logIn)).end?.text).toContain("the password was not typed");
      expect(shown.wire.typed.join("")).not.toContain(PASSWORD);
    },
  );

  it("a message of the day that looks like a prompt is none: what is typed there waits for the shell", async () => {
    const kit = await booted();
    const motd = "\r\nLast login: Sun\r\nType help for help\r\nadmin@web1:~$ ";
    const end = await kit.run(
      book(async ({ console }) => {
        kit.wire.print(motd);
        await console.login();
        return (await console.run("id -u")).output.trim();
      }),
    );
    expect(end.end?.text).toBe("0");
  });

  it("a shell whose prompt others printed behind is asked to draw it again", async () => {
    const kit = await booted();
    const print = kit.wire.print.bind(kit.wire);
    let hidden = false;
    kit.wire.print = (given) => {
      print(given);
      const text = typeof given === "string" ? given : Buffer.from(given).toString("latin1");
      if (hidden || !/[#$] $/.test(text)) return;
      hidden = true;
      print("\rChecking in progress on 1 disk (92.0% complete)\r\n");
    };
    expect((await kit.run(logIn)).end).toMatchObject({ result: "done", text: "web1" });
    expect(hidden).toBe(true);
  });

  it("lets a boot loader's menu be: what calls a login prompt would choose its last entry", async () => {
    const kit = await runKit();
    kit.host.power(true);
    await kit.pass(() => kit.host.phase === "grub", 60_000);
    let typedThere = "";
    kit.wire.onTyped = (text) => {
      if (kit.host.phase === "grub") typedThere += text;
    };
    const patient = book(async ({ console }) => {
      await console.login(minutes(5));
      return (await console.run("hostname")).output.trim();
    });
    expect((await kit.run(patient)).end).toMatchObject({ result: "done", text: "web1" });
    expect(typedThere).toBe("");
  });

  it("says that a boot loader waits for somebody, and has typed nothing there", async () => {
    const kit = await runKit();
    kit.wire.print("GNU GRUB  version 2.06\r\n\r\n |*Debian GNU/Linux\r\n | Memory test\r\n");
    const { end } = await kit.run(logIn);
    expect(end?.text).toBe(
      "Cannot log in at web1: its boot loader (grub) is on the screen; nothing was typed there",
    );
    expect(kit.wire.typed).toEqual([]);
  });

  it.each([
    "Please unlock disk vda5_crypt: ",
    "Please enter passphrase for disk QEMU_HARDDISK (luks-1234): (press TAB for no echo) ",
    "\r\nEnter passphrase for /dev/sda2: ",
  ])("spends no try of a disk's passphrase: %s", async (prompt) => {
    const kit = await runKit();
    kit.wire.print(`\r\n${prompt}`);
    const { end } = await kit.run(logIn);
    expect(end).toMatchObject({ result: "failed", error: { code: "LOGIN_REFUSED" } });
    expect(end?.text).toContain("it waits for the passphrase of a disk");
    expect(kit.wire.typed).toEqual([]);
  });

  it("a wrong password is tried once", async () => {
    const password = async () => "no such horse";
    const kit = await booted({ credentials: { user: "root", password } });
    const { end } = await kit.run(logIn);
    expect(end).toMatchObject({ step: "login", error: { code: "LOGIN_REFUSED" } });
    expect(kit.wire.typed.filter((typed) => typed.includes("horse"))).toHaveLength(1);
  });

  it.each([
    ["knows exit", true, undefined],
    ["does not end", false, "web1 may be left logged in: its shell did not answer"],
  ])(
    "a shell that answers nothing of ours is not left open in silence: one that %s",
    async (_, ends, told) => {
      const shell = { machine: fish(ends) };
      const kit = await runKit(shell);
      const { end, events } = await kit.run(logIn);
      expect(end).toMatchObject({ result: "failed", error: { code: "EXPECT_TIMEOUT" } });
      expect(kit.wire.typed.join("")).toMatch(/ exit\r$/);
      const notes = events.map(({ text }) => text).filter((text) => text.includes("logged in"));
      expect(notes).toEqual(told === undefined ? [] : [told]);
    },
  );

  it("a host that shows what is typed at its password prompt never gets the password", async () => {
    const kit = await booted({ faults: { showsPasswords: true } });
    const { end } = await kit.run(logIn);
    expect(end?.text).toContain("shows what is typed; the password was not typed");
    expect(kit.wire.typed.join("")).not.toContain(PASSWORD);
  });

  it("a faked prompt in the host's text proves nothing: no marker, no shell", async () => {
    const kit = await booted();
    kit.host.hang();
    kit.wire.print("\r\nroot@web1:~# ");
    const { end } = await kit.run(logIn);
    expect(end).toMatchObject({ result: "failed", error: { code: "EXPECT_TIMEOUT" } });
    expect(end?.text).toContain('in step "login"');
  });

  it("a mute host: says how long it waited, for what, and in which step", async () => {
    const kit = await booted();
    kit.host.hang();
    const { end, tookMs } = await kit.run(logIn);
    expect(end?.text).toMatch(
      /^Cannot go on at web1 in step "login": waited 5s for a login or shell/,
    );
    expect(tookMs).toBeLessThan(seconds(35));
  });
});

describe("runRunbook()", () => {
  it("a host that fakes the end of a command needs the marker of this very run", async () => {
    const kit = await booted();
    const forged = book(async ({ console }) => {
      await console.login();
      kit.wire.print("ob-abcdef012345\r\nall is well\r\noe-abcdef012345 0\r\n");
      return (await console.run("id -u")).output;
    });
    expect((await kit.run(forged)).end?.text).toBe("0^J");
  });

  it("a prompt in the middle of a line that goes on is no prompt", async () => {
    const kit = await booted();
    const waits = book(async ({ console }) => {
      kit.wire.print("audit: failed login: ");
      kit.clock.after(200, () => kit.wire.print("root from 10.0.0.9\r\n"));
      const { before } = await console.expect(/login: $/, seconds(5), "a login prompt");
      return before;
    });
    const { end } = await kit.run(waits);
    expect(end?.error?.code).toBe("EXPECT_TIMEOUT");
    expect(end?.text).toContain("waited 5s for a login prompt");
  });

  it("a prompt that stands is found though timers come early", async () => {
    const kit = await booted({ earlyTimers: true });
    const waits = book(async ({ console }) => {
      kit.wire.print("web1 login: ");
      await console.expect(/login: $/, seconds(5));
      return "found";
    });
    expect((await kit.run(waits)).end?.text).toBe("found");
  });

  it.each(["expect", "settle", "type", "untilScreen"] as const)(
    "a person who takes the seat ends %s at once, and nothing more is typed",
    async (way) => {
      const kit = await booted();
      const ways = {
        expect: ({ console }: RunbookHands) => console.expect(/never/, minutes(9)),
        settle: ({ console }: RunbookHands) => console.settle(minutes(8), minutes(9)),
        type: ({ console }: RunbookHands) => console.type("x".repeat(500)),
        untilScreen: ({ console }: RunbookHands) =>
          console.untilScreen(() => false, minutes(9), "it"),
      };
      const stuck = book(async (hands) => {
        kit.clock.after(1000, () => void kit.takeSeat());
        await hands.step("the step", async () => void (await ways[way](hands)));
        return "never";
      });
      const { end, tookMs } = await kit.run(stuck);
      expect(end).toMatchObject({ result: "failed", step: "the step" });
      expect(end?.text).toBe('Cannot finish book on web1: "bob" took the seat in step "the step"');
      expect(end?.error?.code).toBe("SEAT_TAKEN");
      expect(tookMs).toBeLessThan(2000);
      const typed = kit.wire.typed.length;
      await kit.clock.advance(20_000);
      expect(kit.wire.typed.length).toBe(typed);
    },
  );

  it("a console that is closed under it is not said to be anybody's", async () => {
    const kit = await booted();
    const { end } = await kit.run(
      book(async ({ console, step }) => {
        kit.clock.after(500, () => void kit.session.stop());
        await step("wait", () => console.expect(/never/, minutes(1)));
        return "never";
      }),
    );
    expect(end).toMatchObject({ result: "failed", error: { code: "INTERRUPTED" } });
    expect(end?.text).toBe('Cannot finish book on web1: its console was closed in step "wait"');
  });

  it("a runbook that swallows the stop can neither type nor act any more", async () => {
    const kit = await booted();
    let acted = false;
    const stubborn = book(async ({ console, act, step }) => {
      kit.clock.after(500, () => void kit.takeSeat());
      await step("wait", () => console.expect(/never/, minutes(1))).catch(() => undefined);
      await console.send("typed anyway").catch(() => undefined);
      await act("harm", async () => {
        acted = true;
      }).catch(() => undefined);
      return "I did it my way";
    });
    const { end } = await kit.run(stubborn);
    expect(end).toMatchObject({ result: "failed", error: { code: "SEAT_TAKEN" } });
    expect(end?.text).toContain('took the seat in step "wait"; then: it says "I did it my way"');
    expect(kit.wire.typed.join("")).not.toContain("anyway");
    expect(acted).toBe(false);
  });

  it("is refused where a person has the seat already, and has typed nothing", async () => {
    const kit = await booted();
    await kit.takeSeat();
    const { end } = await kit.run(book(async () => "done"));
    expect(end).toMatchObject({ result: "refused", error: { code: "SEAT_TAKEN" } });
    expect(kit.wire.typed).toEqual([]);
  });

  it("its time limit names the step", async () => {
    const kit = await booted();
    const slow = book(
      async ({ step, console }) => {
        await step("long wait", () => console.expect(/never/, minutes(9)));
        return "";
      },
      { timeout: seconds(20) },
    );
    const { end } = await kit.run(slow);
    expect(end).toMatchObject({ step: "long wait", error: { code: "TIMED_OUT" } });
    expect(end?.text).toBe('Cannot finish book on web1: its 20s were over in step "long wait"');
  });

  it("a cancelled run says so, with its step", async () => {
    const kit = await booted();
    const given = new AbortController();
    const waits = book(async ({ step, console }) => {
      kit.clock.after(700, () => given.abort());
      await step("wait", () => console.expect(/never/, minutes(9)));
      return "";
    });
    const { end } = await kit.run(waits, {}, { signal: given.signal });
    expect(end?.text).toBe('Cannot finish book on web1: it was given up in step "wait"');
  });

  it("a dead link: typing fails at once, waiting says that the console is down", async () => {
    const kit = await booted();
    kit.wire.refusals = Array.from({ length: 50 }, () => new Error("no carrier"));
    const types = book(async ({ console }) => {
      kit.wire.hangUp();
      await console.expect(/never/, seconds(2)).catch(() => undefined);
      await console.send("x");
      return "";
    });
    expect((await kit.run(types)).end?.error?.code).toBe("LINK_LOST");
    const waits = book(async ({ console }) => {
      await console.expect(/never/, seconds(2), "a prompt");
      return "";
    });
    expect((await kit.run(waits)).end?.text).toMatch(/; the console is down: no carrier$/);
  });

  it("--dry-run of what disrupts: typing outside of act() is an error, not an accident", async () => {
    const kit = await booted();
    const careless = book(
      async ({ console, act }) => {
        await act("harm", () => console.send("reboot\r"));
        await console.send("reboot\r");
        return "";
      },
      { risk: "disrupt" },
    );
    const { end, story } = await kit.run(careless, {}, { dryRun: true });
    expect(story).toContain("would: harm");
    expect(end?.text).toContain("it types outside of act()");
    expect(kit.wire.typed).toEqual([]);
  });

  it("writes start, acts, notes and the end into the audit trail; an act is there before it is done", async () => {
    const kit = await booted();
    const acts = book(async ({ act, note }) => {
      note("a note");
      await act("look", async () => {
        expect(kit.audit.at(-1)).toMatchObject({
          type: "run.act",
          text: "book: look",
          by: "alice",
        });
      });
      return "well";
    });
    expect((await kit.run(acts)).result).toBe("done");
    const ours = kit.audit.filter((event) => event.type.startsWith("run."));
    expect(ours.map((event) => event.type)).toEqual([
      "run.start",
      "run.note",
      "run.act",
      "run.done",
    ]);
  });

  it("a secret that comes back in the host's words, an error or a note is blanked out", async () => {
    const kit = await booted();
    const leaks = book(async ({ console, note }) => {
      await console.login();
      const { output } = await console.run(`echo '${PASSWORD}'`);
      note(output);
      kit.wire.print(`\r\n${PASSWORD} ${PASSWORD}\r\n`);
      await console.expect(/never/, seconds(1));
      return "";
    });
    const { events } = await kit.run(leaks);
    expect(JSON.stringify(events.at(-1))).toContain("********");
    expect(JSON.stringify([events, kit.audit])).not.toContain(PASSWORD);
  });

  it("an error that is none of ours is reported as INTERNAL, with its words", async () => {
    const kit = await booted();
    const broken = book(async () => {
      throw new TypeError("x is not a function");
    });
    expect((await kit.run(broken)).end).toMatchObject({
      result: "failed",
      error: { code: "INTERNAL", message: "x is not a function" },
    });
  });

  it("a guard that refuses the outlets is a refusal", async () => {
    const kit = await booted();
    kit.power.cycle = () =>
      Promise.reject(new OobError("GUARD_REFUSED", "Cannot cycle web1: held"));
    const { result } = await kit.run(book(({ power }) => power.cycle().then(() => "")));
    expect(result).toBe("refused");
  });

  it("a login prompt from before the cut is no sign of a host that came back", async () => {
    const kit = await booted();
    kit.power.cycle = async () => ({ power: "on", verified: true });
    const cuts = book(async ({ console, power }) => {
      kit.wire.print("\r\nweb1 login: ");
      await console.settle(seconds(1), seconds(5));
      await power.cycle();
      await console.expect(/login: $/, seconds(30), "a login prompt");
      return "";
    });
    expect((await kit.run(cuts)).end?.text).toContain("waited 30s for a login prompt");
  });

  it("notes of a talkative host end at 500", async () => {
    const kit = await booted();
    const chatty = book(async ({ note }) => {
      for (let n = 0; n < 2000; n++) note(`line ${n}`);
      return "";
    });
    const { events } = await kit.run(chatty);
    expect(events).toHaveLength(501);
    expect(events.at(-2)?.text).toBe("further notes are left out");
  });
});
