import { describe, expect, it } from "vitest";
import type { WatchPolicy } from "../../../src/config/site-config.ts";
import { decide } from "../../../src/core/policy/decide.ts";
import { foresee } from "../../../src/core/policy/foresee.ts";
import {
  freshState,
  type Input,
  type Seen,
  type WatchState,
} from "../../../src/core/policy/state.ts";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { usual } from "../watchdog/watchdog-doubles.ts";

const login: Seen = {
  ...{ state: "healthy", class: "login-prompt", action: "none", means: "a login prompt" },
  ...{ at: 10, line: "web1 login:", proven: true, newest: "login-prompt" },
};
const panic: Seen = {
  ...login,
  ...{ state: "crash", class: "panic", action: "recover", means: "the kernel panicked" },
  ...{ at: 900, newest: "panic" },
};

function stateAfter(policy: WatchPolicy, ...inputs: Input[]): WatchState {
  let state = freshState(0, true);
  for (const input of [
    { is: "link", up: true } as const,
    { is: "bytes" } as const,
    { is: "opinion", seen: login } as const,
    ...inputs,
  ])
    ({ state } = decide(policy, state, input, 0));
  return state;
}

const dies: Input[] = [{ is: "bytes" }, { is: "opinion", seen: panic }];

describe("foresee()", () => {
  it("tells of a panicked host when it is asked, cut, and when a person is called", () => {
    const steps = foresee(usual, stateAfter(usual, ...dies), 0);
    expect(steps[0]).toMatchObject({ at: seconds(30), text: "ask the host at its console" });
    const cut = steps.find(({ rung }) => rung === "cycle");
    expect(cut?.at).toBeGreaterThanOrEqual(seconds(60));
    expect(cut?.at).toBeLessThan(seconds(120));
    expect(steps.at(-1)?.text).toMatch(/^call a person: .*cycle did not help/);
    const said = steps.map(({ at, text }) => `${at} ${text}`);
    expect(new Set(said).size).toBe(said.length);
  });

  it("tells what is done, when it is done: decide() played by a silent host", () => {
    for (const mode of ["act", "ask", "observe"] as const) {
      const policy = { ...usual, mode };
      const from = stateAfter(policy, ...dies);
      const told = foresee(policy, from, 0);
      const done: string[] = [];
      let state = from;
      for (let now = 0; now <= minutes(30); now += 100) {
        const { phase, next } = state;
        const probing = phase.is === "suspect" && phase.probing;
        if (phase.is === "acting") {
          const { rung } = phase;
          ({ state } = decide(policy, state, { is: "finished", rung, how: "done", text: "" }, now));
          continue;
        }
        if (!probing && (next.at === undefined || now < next.at)) continue;
        const input: Input = probing
          ? { is: "probe", answer: "none", text: "" }
          : { is: "tick", lastByteAt: undefined };
        const decision = decide(policy, state, input, now);
        ({ state } = decision);
        for (const wish of decision.wishes) {
          if (wish.is === "probe") done.push("ask the host at its console");
          if (wish.is === "act") done.push(wish.rung);
          if (wish.is === "page") done.push(`call a person: ${wish.text}`);
        }
      }
      const kinds = told
        .filter(({ text, rung }) => rung || /^(?:ask the host|call a person)/.test(text))
        .map(({ text, rung }) => rung ?? text);
      const words = (texts: readonly string[]) => texts.map((text) => text.replace(/\d+\w/g, ""));
      expect(new Set(words(done))).toEqual(new Set(words(kinds)));
      if (mode === "observe")
        expect(told.map(({ text }) => text).join()).toMatch(/would have probed/);
      if (mode === "ask") expect(told.at(-1)?.text).toMatch(/asking to cycle its outlets/);
    }
  });

  it("tells of a healthy host when silence would be suspected, and nothing where it never is", () => {
    const [first] = foresee(usual, stateAfter(usual), 0);
    expect(first).toMatchObject({ at: usual.silence });
    expect(first?.text).toMatch(/nothing came for 10m/);
    expect(foresee({ ...usual, silence: 0 }, stateAfter({ ...usual, silence: 0 }), 0)).toEqual([]);
  });

  it("changes nothing and ends, also where every turn is due at once", () => {
    const state = stateAfter({ ...usual, confirmFor: 0, bootWithin: 0 }, ...dies);
    const before = JSON.stringify(state);
    const steps = foresee({ ...usual, confirmFor: 0, bootWithin: 0 }, state, minutes(500));
    expect(steps.length).toBeLessThanOrEqual(12);
    expect(JSON.stringify(state)).toBe(before);
  });
});
