import { describe, expect, it } from "vitest";
import { decide } from "../../../src/core/policy/decide.ts";
import { freshState, type Input } from "../../../src/core/policy/state.ts";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { boot, login, panic, policy, Story, seen } from "./story.ts";

/** A host that was seen to answer what was typed. */
function answering(...policy: ConstructorParameters<typeof Story>): Story {
  const story = new Story(...policy).give({ is: "answered" });
  story.wishes = [];
  return story;
}

const finished = (
  how: "done" | "failed" | "unknown" | "vetoed" | "stood-down",
  text = "",
): Input => ({
  is: "finished",
  rung: "cycle",
  how,
  text,
});

describe("decide()", () => {
  it("cycles once after a panic that nothing answers, and closes at the login prompt", () => {
    const story = answering().see(panic()).pass(seconds(59));
    expect(story.acts()).toEqual([]);
    story.pass(seconds(30));
    expect(story.acts()).toEqual(["cycle"]);
    story.give(finished("done")).pass(seconds(20)).see(boot()).pass(seconds(40)).see(login());
    expect(story.state.phase.is).toBe("calm");
    expect(story.closes()).toEqual(["recovered"]);
    expect(story.pages()).toEqual([]);
  });

  it("takes back a panic that a prompt follows, without opening an incident", () => {
    const story = answering().see(panic()).pass(seconds(5)).see(login()).pass(minutes(5));
    expect(story.wishes.map((wish) => wish.is)).toEqual(["tell", "tell"]);
    expect(story.state.phase.is).toBe("calm");
  });

  it("does not act on a panic where the console answers a probe, nor suspects the same text again", () => {
    const story = answering();
    const quoted = panic();
    story.see(quoted).pass(minutes(3), "alive");
    story.give({ is: "opinion", seen: quoted }).pass(minutes(3));
    expect(story.acts()).toEqual([]);
    expect(story.state.phase.is).toBe("calm");
  });

  it("probes a silent host, and cycles it after probes failed over confirmFor", () => {
    const story = answering().pass(minutes(10));
    expect(story.wishes.at(-1)).toEqual({ is: "probe" });
    story.pass(seconds(70));
    expect(story.acts()).toEqual([]);
    story.pass(seconds(40));
    expect(story.acts()).toEqual(["cycle"]);
  });

  it("lets an idle host that answers its probes alone for a day", () => {
    const story = answering().pass(minutes(24 * 60), "alive");
    expect(story.acts()).toEqual([]);
    expect(story.wishes.some((wish) => wish.is === "open")).toBe(false);
  });

  it("calls a person once, and cuts nothing, where a silent console was never seen to answer", () => {
    const story = answering();
    story.state = { ...freshState(0, true), linkUp: true };
    for (let hour = 0; hour < 24; hour++) story.give({ is: "bytes" }).pass(minutes(60));
    expect(story.acts()).toEqual([]);
    expect(story.pages()).toEqual([expect.stringMatching(/was (?:ever )?seen to answer/)]);
    expect(story.state.next.text).toMatch(/never seen to answer/);
    story.see(login()).give({ is: "answered" }).pass(minutes(20));
    expect(story.acts()).toEqual(["cycle"]);
  });

  it("calls a person for evidence that stood before the watch began, and cuts nothing", () => {
    const story = answering();
    story.state = { ...freshState(0, true), linkUp: true };
    story.give({ is: "opinion", seen: panic() }).pass(minutes(20));
    expect(story.acts()).toEqual([]);
    expect(story.pages()).toEqual([expect.stringMatching(/nothing was seen alive/)]);
  });

  it("does not cut a host without a login prompt that restarted by itself and is silent since", () => {
    const story = answering();
    story.state = { ...freshState(0, true), linkUp: true };
    story.see(seen("healthy", "runtime")).see(panic()).pass(seconds(5)).see(boot());
    story.pass(minutes(60));
    expect(story.acts()).toEqual([]);
    expect(story.pages()).toEqual([expect.stringMatching(/was (?:ever )?seen to answer/)]);
  });

  it("does not cut a host without a login prompt that survived an oops", () => {
    const story = answering();
    story.state = { ...freshState(0, true), linkUp: true };
    story
      .see(seen("healthy", "runtime"))
      .see(seen("crash", "oops", "confirm"))
      .pass(minutes(10));
    expect(story.acts()).toEqual([]);
    expect(story.pages()).toEqual([expect.stringMatching(/was (?:ever )?seen to answer/)]);
  });

  it("probes again where an oops that nobody answered ends in a panic, and then acts", () => {
    const story = answering()
      .see(seen("crash", "oops", "confirm"))
      .pass(seconds(75));
    story.give({ is: "opinion", seen: panic() });
    expect(story.acts()).toEqual([]);
    expect(story.pass(seconds(30)).acts()).toEqual(["cycle"]);
  });

  it("takes bytes for life where it had given up on a silent host", () => {
    const story = answering({ ladder: ["nudge", "page"] }).pass(minutes(20));
    expect(story.pages()).toHaveLength(1);
    story.give({ is: "bytes" });
    expect(story.closes()).toEqual(["closed"]);
  });

  it("never suspects a console that never showed anything", () => {
    const story = answering();
    story.state = { ...freshState(0, false), linkUp: true };
    story.pass(minutes(120));
    expect(story.wishes).toEqual([]);
    expect(story.state.next.text).toMatch(/never seen alive/);
  });

  it("keeps off while a person has the seat, says so once, and goes on after handsOff", () => {
    const story = answering().give({ is: "seat", holder: { who: "jana", person: true } });
    story.see(panic()).pass(minutes(30));
    expect(story.acts()).toEqual([]);
    expect(story.pages()).toEqual(["seen panic: nothing is done, jana has the seat"]);
    story.give({ is: "typed", at: story.now }).give({ is: "seat", holder: undefined });
    story.pass(minutes(9));
    expect(story.acts()).toEqual([]);
    story.pass(minutes(3));
    expect(story.acts()).toEqual(["cycle"]);
  });

  it("does nothing under a hold, and says so", () => {
    const story = answering().give({ is: "hold", held: "hold by jana until 12:00" }).see(panic());
    story.pass(minutes(60));
    expect(story.acts()).toEqual([]);
    expect(story.pages()).toEqual([]);
    expect(story.wishes.some((wish) => wish.is === "probe")).toBe(false);
    expect(story.wishes).toContainEqual({
      is: "tell",
      type: "watch.veto",
      text: "seen panic: nothing is done, hold by jana until 12:00",
    });
    expect(story.state.next.text).toMatch(/hold by jana/);
  });

  it("observes: types nothing, and says what it would have done", () => {
    const story = answering({ mode: "observe" }).see(panic()).pass(minutes(5));
    expect(story.wishes.map((wish) => wish.is)).toEqual(["tell", "open", "tell", "mark"]);
    const told = story.wishes.find((wish) => wish.is === "tell" && wish.type === "watch.observe");
    expect(told).toMatchObject({ text: expect.stringMatching(/would have probed.*cycle/) });
    story.see(login());
    expect(story.closes()).toEqual(["observed"]);
  });

  it("asks in mode ask", () => {
    const story = answering({ mode: "ask" }).see(panic()).pass(minutes(5));
    expect(story.acts()).toEqual([]);
    expect(story.pages()[0]).toMatch(/asking to cycle its outlets/);
  });

  it.each(["boot-loop", "fsck-prompt", "firmware-setup", "emergency-shell", "passphrase-prompt"])(
    "calls a person for %s, and neither types nor cuts",
    (hostClass) => {
      const story = answering()
        .see(seen("stuck", hostClass, "recover"))
        .pass(minutes(30));
      expect(story.wishes.some((wish) => wish.is === "probe" || wish.is === "act")).toBe(false);
      expect(story.pages()).toHaveLength(1);
    },
  );

  it("waits for a host that said that it reboots itself", () => {
    const story = answering()
      .see(panic())
      .give({ is: "self-reboot", within: seconds(180) });
    // 180 s of countdown, and as long as a boot may take: firmware may print nothing here.
    story.pass(seconds(470));
    expect(story.acts()).toEqual([]);
    story.see(boot()).pass(seconds(30)).see(login());
    expect(story.closes()).toEqual(["recovered"]);
    expect(story.acts()).toEqual([]);
  });

  it("holds while a dump is written, and calls a person when it stands still", () => {
    const story = answering().see(panic()).pass(seconds(20));
    story.see(seen("busy", "crash-dump", "hold")).pass(minutes(14));
    expect(story.acts()).toEqual([]);
    expect(story.pages()).toEqual([]);
    story.pass(minutes(2));
    expect(story.pages()).toHaveLength(1);
    expect(story.acts()).toEqual([]);
  });

  it("gives up loudly after a cycle that did not help", () => {
    const story = answering().see(panic()).pass(seconds(100)).give(finished("done"));
    story.see(boot()).pass(seconds(20)).see(panic()).pass(minutes(10));
    expect(story.acts()).toEqual(["cycle"]);
    expect(story.pages()[0]).toMatch(/cycle did not help/);
    expect(story.wishes).toContainEqual({ is: "mark", as: "given-up" });
  });

  it("does not cut again where no boot was seen after the cut", () => {
    const story = answering({ ladder: ["single-user", "cycle"] })
      .see(panic())
      .pass(seconds(100));
    story.give({ is: "finished", rung: "single-user", how: "done", text: "" }).pass(minutes(60));
    expect(story.acts()).toEqual(["single-user"]);
    expect(story.pages()[0]).toMatch(/single-user did not help/);
  });

  describe("a console that goes with its host", () => {
    /** Cut after a panic; the console is down until 20 s after that. */
    const cutAndBack = () => {
      const story = answering({ ladder: ["cycle", "page"] })
        .see(panic())
        .pass(minutes(3));
      expect(story.acts()).toEqual(["cycle"]);
      story.give({ is: "link", up: false });
      story.give({ is: "finished", rung: "cycle", how: "done", text: "on" });
      story.pass(seconds(20)).give({ is: "link", up: true });
      story.wishes = [];
      return story;
    };
    const probes = (story: Story) => story.wishes.filter(({ is }) => is === "probe").length;

    it("is asked once, 10 s after it came back silent: the boot may have gone unseen", () => {
      const story = cutAndBack().pass(seconds(9));
      expect(probes(story)).toBe(0);
      story.pass(seconds(60));
      expect(probes(story)).toBe(1);
      story.give({ is: "probe", answer: "alive", text: "a prompt came" }).pass(seconds(10));
      expect(story.state.phase.is).toBe("calm");
      expect(story.wishes).toContainEqual(expect.objectContaining({ as: "recovered" }));
    });

    it("is left alone where it prints, and where somebody has the seat", () => {
      const prints = cutAndBack().give({ is: "bytes" }).pass(seconds(60));
      expect(probes(prints)).toBe(0);
      const holder = { who: "jana", person: true };
      const seated = cutAndBack().give({ is: "seat", holder }).pass(seconds(60));
      expect(probes(seated)).toBe(0);
    });

    it("is not typed at in mode observe, which a restart may have brought", () => {
      const { state, now } = cutAndBack();
      const observe = { ...policy, mode: "observe" } as const;
      const tick = { is: "tick", lastByteAt: 0 } as const;
      const decision = decide(observe, state, tick, now + seconds(11));
      expect(decision.wishes.filter(({ is }) => is === "probe")).toEqual([]);
    });

    it("has not recovered where what came after Enter is its boot", () => {
      const boots = cutAndBack().pass(seconds(11)).give({ is: "bytes" }).see(boot());
      boots.give({ is: "probe", answer: "alive", text: "Enter was answered" }).pass(seconds(60));
      expect(boots.state.phase.is).toBe("watching");
      const posts = cutAndBack().pass(seconds(11)).give({ is: "bytes" });
      posts.give({ is: "probe", answer: "alive", text: "Enter was answered" });
      posts.pass(seconds(5)).give({ is: "bytes" }).pass(seconds(30));
      expect(posts.state.phase.is).toBe("watching");
      expect(posts.closes()).toEqual([]);
    });

    it("keeps the panic as what the case began with, when no boot follows", () => {
      const story = cutAndBack().pass(minutes(6));
      expect(story.state.phase).toMatchObject({
        case: { cause: { class: "no-login" }, first: { class: "panic" } },
      });
    });
  });

  it("tries SysRq first where it answers, and only there", () => {
    const dead = answering({ sysrq: true }).see(panic()).pass(seconds(100), "none");
    expect(dead.acts()).toEqual(["cycle"]);
    const frozen = answering({ sysrq: true }).see(seen("crash", "hung-task", "confirm"));
    frozen.pass(seconds(360), "kernel");
    expect(frozen.acts()).toEqual(["sysrq"]);
    frozen.give({ is: "finished", rung: "sysrq", how: "failed", text: "no banner" });
    frozen.pass(seconds(299), "kernel");
    expect(frozen.acts()).toEqual(["sysrq"]);
    frozen.pass(seconds(60), "kernel");
    expect(frozen.acts()).toEqual(["sysrq", "cycle"]);
  });

  it("looks again after a veto, with a new probe, and calls a person once", () => {
    const story = answering().see(panic()).pass(seconds(100));
    story.give(finished("vetoed", "budget used up")).pass(minutes(4));
    expect(story.acts()).toEqual(["cycle"]);
    story.pass(minutes(3));
    expect(story.acts()).toEqual(["cycle", "cycle"]);
    story.give(finished("vetoed", "budget used up"));
    expect(story.pages()).toEqual(["nothing is done: budget used up"]);
  });

  it("objects to an act that has not begun when the host speaks", () => {
    const story = answering().see(panic()).pass(seconds(100)).give({ is: "bytes" });
    expect(story.state.phase).toMatchObject({ is: "acting", objection: "the console spoke" });
    story.see(login()).give(finished("stood-down"));
    expect(story.state.phase.is).toBe("calm");
  });

  it("goes on with nothing after an outcome that is not known", () => {
    const story = answering()
      .see(panic())
      .pass(seconds(100))
      .give(finished("unknown", "no answer"));
    story.pass(minutes(60));
    expect(story.acts()).toEqual(["cycle"]);
    expect(story.pages()).toHaveLength(2);
  });

  it("starts its clocks again after a gap", () => {
    const story = answering().see(panic()).pass(seconds(58)).give({ is: "gap", why: "disk full" });
    story.pass(seconds(59));
    expect(story.acts()).toEqual([]);
    story.pass(seconds(60));
    expect(story.acts()).toEqual(["cycle"]);
  });
});
