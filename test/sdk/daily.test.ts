import { expect, test } from "vitest";
import { enterAgain, enterHost } from "../../src/sdk/daily.ts";
import type { RunbookHands } from "../../src/sdk/runbook.ts";

/** Hands of one run; `console` is that of all its parts. */
function handsAt(console: { login: () => Promise<void> }): RunbookHands {
  const hands = {
    console,
    step: async <T>(_name: string, work: () => Promise<T>) => work(),
    identify: async () => ({ uid: 0, hostname: "web1", system: "Linux" }),
  };
  return hands as unknown as RunbookHands;
}

test("enterHost() logs in once for all parts of a run, and again after something went wrong", async () => {
  let logins = 0;
  let refuses = true;
  const console = {
    login: async () => {
      logins++;
      if (refuses) throw new Error("no shell");
    },
  };
  await expect(enterHost(handsAt(console))).rejects.toThrow("no shell");
  refuses = false;
  for (const _ of [1, 2, 3])
    expect(await enterHost(handsAt(console))).toMatchObject({ hostname: "web1", uid: 0 });
  expect(logins).toBe(2);
  enterAgain(handsAt(console));
  await enterHost(handsAt(console));
  expect(logins).toBe(3);
  await enterHost(handsAt({ ...console }));
  expect(logins).toBe(4);
});
