import { describe, expect, it } from "vitest";
import { type Interception, interceptBoot } from "../../../src/core/runbook/intercept-boot.ts";
import { OobError } from "../../../src/lib/errors.ts";
import { defineBootLoader } from "../../../src/sdk/boot-loader.ts";
import type { ConsoleHands, ScreenText } from "../../../src/sdk/runbook.ts";

const F4 = "\x1bOS";
const MENU = ["GNU GRUB  version 2.06", "|*Debian"];
const late = () => new OobError("EXPECT_TIMEOUT", "nothing came");

const grub = defineBootLoader({
  summary: "a GRUB",
  sources: ["test"],
  announces: /GNU GRUB +version/,
  shows: /^\|\*/m,
  hiddenKey: F4,
  bootWith: async () => undefined,
});

/** A host whose GRUB shows its menu for F4. `lost`: so many keys find the line down. */
function host(rows: string[], lost = 0) {
  const typed: string[] = [];
  let screen = rows;
  const untilScreen = async (is: (screen: ScreenText) => boolean) => {
    if (is(shot())) return shot();
    throw late();
  };
  const shot = (): ScreenText => ({ rows: screen, cursor: { row: 0, column: 0 } });
  const console = {
    expect: async (patterns: readonly RegExp[], within: number) => {
      const which = patterns.findIndex((pattern) => pattern.test(screen.join("\n")));
      if (which < 0) throw Object.assign(late(), { within });
      return { which, before: "", match: [] };
    },
    send: async (text: string) => {
      typed.push(text);
      if (typed.length <= lost) throw new OobError("LINK_LOST", "the console is not up");
      if (text === F4) screen = MENU;
    },
    screen: async () => shot(),
    untilScreen,
    goesDown: () => undefined,
  } as unknown as ConsoleHands & { goesDown(): void };
  const intercept = (wish: Partial<Interception> = {}) =>
    interceptBoot(console, new Map([["grub", grub]]), "single", {
      os: "linux",
      within: 10_000,
      hidden: true,
      ...wish,
    });
  return { typed, intercept };
}

describe("interceptBoot() of a hidden menu", () => {
  it.each([
    ["an empty screen", ["", ""]],
    [
      "a kernel's last words",
      ["Stopping services", "[   48.410000] reboot: Restarting system", ""],
    ],
  ])("asks for it at %s", async (_, rows) => {
    const { typed, intercept } = host(rows);
    await expect(intercept()).resolves.toBe("grub");
    expect(typed).toEqual([F4]);
  });

  it("types nothing at a host that is still going down", async () => {
    const { typed, intercept } = host(["web1 login: ", "Stopping services"]);
    await expect(intercept()).rejects.toMatchObject({ code: "EXPECT_TIMEOUT" });
    expect(typed).toEqual([]);
  });

  it("goes on where the line went down with the power of the host", async () => {
    const { typed, intercept } = host([""], 2);
    await expect(intercept({ isCut: () => true })).resolves.toBe("grub");
    expect(typed).toEqual([F4, F4, F4]);
  });

  it("types nothing before the power was read off", async () => {
    const { typed, intercept } = host([""]);
    await expect(intercept({ isCut: () => false })).rejects.toMatchObject({
      code: "EXPECT_TIMEOUT",
    });
    expect(typed).toEqual([]);
  });
});
