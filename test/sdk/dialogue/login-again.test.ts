import { expect, test } from "vitest";
import { ManualClock } from "../../../src/lib/clock.ts";
import { OobError } from "../../../src/lib/errors.ts";
import { loginAgain } from "../../../src/sdk/dialogue/login-again.ts";

let cards = 0;

/** A card that lets in or refuses, and how often it was asked. */
function card() {
  const clock = new ManualClock();
  const login = { peer: `card${cards++}`, user: "jana", password: "x" };
  const state = { opens: true, asked: 0, lost: false };
  const outcome = async (): Promise<string> => {
    const done = loginAgain(login, clock, () => {
      state.asked++;
      if (state.lost) return Promise.reject(new OobError("PDU_SILENT", "lost"));
      if (state.opens) return Promise.resolve("in");
      return Promise.reject(new OobError("LOGIN_REFUSED", "no"));
    }).catch((error: unknown) => (error as OobError).code);
    await clock.advance(1000);
    return done;
  };
  return { clock, state, outcome };
}

test("loginAgain() offers what was never taken once", async () => {
  const { clock, state, outcome } = card();
  state.opens = false;
  for (let i = 0; i < 5; i++) {
    expect(await outcome()).toBe("LOGIN_REFUSED");
    await clock.advance(60_000);
  }
  expect(state.asked).toBe(1);
});

test("loginAgain() asks a card that has let us in a second time at once", async () => {
  const { state, outcome } = card();
  expect(await outcome()).toBe("in");
  state.opens = false;
  const second = outcome();
  await Promise.resolve();
  state.opens = true;
  expect(await second).toBe("in");
  expect(state.asked).toBe(3);
});

test("loginAgain() gives such a card four more chances in a minute, not one a second", async () => {
  const { clock, state, outcome } = card();
  await outcome();
  state.opens = false;
  for (let second = 0; second < 120; second++) expect(await outcome()).toBe("LOGIN_REFUSED");
  // 1 that went well; 0, 1, 21 and 41 s; then the one that is remembered for a quarter of an hour.
  expect(state.asked).toBe(6);
  state.opens = true;
  expect(await outcome()).toBe("LOGIN_REFUSED");
  await clock.advance(15 * 60_000);
  expect(await outcome()).toBe("in");
});

test("loginAgain() lets a card in again that refused while it started", async () => {
  const { clock, state, outcome } = card();
  await outcome();
  state.opens = false;
  for (let second = 0; second < 30; second++) await outcome();
  state.opens = true;
  await clock.advance(20_000);
  expect(await outcome()).toBe("in");
  state.opens = false;
  const before = state.asked;
  expect(await outcome()).toBe("LOGIN_REFUSED");
  expect(state.asked).toBe(before + 2);
});

test("loginAgain() takes a lost answer for no refusal", async () => {
  const { state, outcome } = card();
  await outcome();
  state.lost = true;
  for (let i = 0; i < 9; i++) expect(await outcome()).toBe("PDU_SILENT");
  expect(state.asked).toBe(10);
});
