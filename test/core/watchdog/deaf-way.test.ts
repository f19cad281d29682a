import { describe, expect, it } from "vitest";
import { consoleServerOf } from "../../../src/core/watchdog/deaf-way.ts";

describe("consoleServerOf()", () => {
  it("finds the box that consoles share, behind whatever they go through", () => {
    const telnet = { driver: "telnet", options: { host: "ts1", port: 7003 } };
    expect(consoleServerOf(telnet)).toBe("ts1");
    expect(consoleServerOf({ driver: "menu", options: {}, via: telnet })).toBe("ts1");
    expect(consoleServerOf({ driver: "serial", options: { path: "/dev/ttyS0" } })).toBeUndefined();
  });
});
