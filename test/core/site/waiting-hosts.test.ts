import { describe, expect, test } from "vitest";
import { waitingHosts } from "../../../src/core/site/waiting-hosts.ts";
import { hostWith } from "../power/power-sim.ts";

describe("waitingHosts()", () => {
  const hosts = [
    { ...hostWith("a/1"), name: "web1" },
    { ...hostWith("b/1", "a/2"), name: "web2" },
    { ...hostWith("b/2"), name: "db1" },
    { ...hostWith(), name: "gw" },
  ];

  test("those that were being switched, and all on the same PDUs; nobody else", () => {
    const done = Promise.resolve();
    expect([...waitingHosts([{ host: "web1", pdus: ["a"], done }], hosts).keys()]).toEqual([
      "web1",
      "web2",
    ]);
    expect([...waitingHosts([{ host: "gw", pdus: ["gone"], done }], hosts).keys()]).toEqual(["gw"]);
    expect(waitingHosts([], hosts).size).toBe(0);
  });

  test("a host on two of them waits for both", async () => {
    let free = () => {};
    const late = new Promise<void>((resolve) => {
      free = resolve;
    });
    const waiting = waitingHosts(
      [
        { host: "web1", pdus: ["a"], done: Promise.resolve() },
        { host: "db1", pdus: ["b"], done: late },
      ],
      hosts,
    );
    let over = false;
    const settled = waiting.get("web2")?.then(() => {
      over = true;
    });
    await waiting.get("web1");
    expect(over).toBe(false);
    free();
    await settled;
    expect(over).toBe(true);
  });
});
