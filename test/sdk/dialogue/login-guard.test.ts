import { describe, expect, it } from "vitest";
import { ManualClock } from "../../../src/lib/clock.ts";
import { minutes } from "../../../src/lib/durations.ts";
import { OobError } from "../../../src/lib/errors.ts";
import { guardLogin } from "../../../src/sdk/dialogue/login-guard.ts";
import { failureOf } from "../../drivers/console/socket-suite.ts";

const refuse = () => Promise.reject(new OobError("LOGIN_REFUSED", "Cannot log in"));

describe("guardLogin()", () => {
  it("offers a refused password again only after a quarter of an hour, another one at once", async () => {
    const clock = new ManualClock();
    const login = { peer: "cs1:22", user: "oob", password: "old" };
    let offered = 0;
    const count = () => {
      offered++;
      return refuse();
    };
    expect((await failureOf(guardLogin(login, clock, count))).hint).toBeUndefined();
    const kept = await failureOf(guardLogin(login, clock, count));
    expect(kept.message).toBe("Cannot log in");
    expect(kept.hint).toContain("Not offered again for 15m");
    expect(offered).toBe(1);
    const other = guardLogin({ ...login, password: "new" }, clock, () => Promise.resolve("in"));
    expect(await other).toBe("in");
    await clock.advance(minutes(15));
    await failureOf(guardLogin(login, clock, count));
    expect(offered).toBe(2);
  });

  it("remembers nothing of a connection that failed otherwise", async () => {
    const clock = new ManualClock();
    const login = { peer: "cs2:22", user: "oob", password: "old" };
    const lost = () => Promise.reject(new OobError("LINK_REFUSED", "Cannot open"));
    await failureOf(guardLogin(login, clock, lost));
    expect(await guardLogin(login, clock, () => Promise.resolve("in"))).toBe("in");
  });
});
