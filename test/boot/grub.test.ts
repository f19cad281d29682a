/** GRUB on recorded screens: the first bytes of lines recorded from GRUB 2.06 on QEMU, cut where the screen stood. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import grub from "../../drivers/boot/grub.ts";
import { ConsoleText } from "../../src/codec/console-text.ts";
import { TerminalFilter } from "../../src/codec/terminal-filter.ts";
import { Screen } from "../../src/core/session/screen.ts";
import { OobError } from "../../src/lib/errors.ts";
import type { ConsoleHands, ScreenText } from "../../src/sdk/runbook.ts";

const recorded = (name: string) =>
  readFileSync(new URL(`./grub/${name}.raw`, import.meta.url).pathname);

async function screenOf(name: string): Promise<ScreenText> {
  const screen = await Screen.create("utf-8");
  screen.feed(recorded(name));
  await new Promise<void>((resolve) => screen.whenShown(resolve));
  return screen.shot("web1");
}

/** A console that stands still at one screen. */
function frozen(screen: ScreenText) {
  const typed: string[] = [];
  const hands = {
    send: async (text: string) => void typed.push(text),
    screen: async () => screen,
    settle: async () => undefined,
    untilScreen: async (is: (screen: ScreenText) => boolean, _within: number, what: string) => {
      if (is(screen)) return screen;
      throw new OobError("EXPECT_TIMEOUT", `waited for ${what}`);
    },
  } as unknown as ConsoleHands;
  return { typed, hands };
}

const failure = async (name: string, args = "single") => {
  const { typed, hands } = frozen(await screenOf(name));
  const error: unknown = await grub.bootWith(hands, args, 100).catch((thrown: unknown) => thrown);
  return { typed: typed.join(""), error: error as OobError };
};

describe("grub", () => {
  it.each(["menu", "rescue", "command-line"])(
    "announces and shows itself at its %s",
    async (name) => {
      const text = new ConsoleText();
      text.add(new TerminalFilter("strict").filter(recorded(name)));
      expect(text.find([grub.announces])).toBeDefined();
      expect(grub.shows.test((await screenOf(name)).rows.join("\n"))).toBe(true);
    },
  );

  it("takes a boot's kernel messages for nothing of its own", async () => {
    const text = new ConsoleText();
    text.add(new TerminalFilter("strict").filter(recorded("kernel-messages")));
    expect(text.find([grub.announces])).toBeUndefined();
    expect(grub.shows.test((await screenOf("kernel-messages")).rows.join("\n"))).toBe(false);
  });

  it("at the menu it opens the editor, and boots what was highlighted when none comes", async () => {
    const { typed, error } = await failure("menu");
    expect(typed).toBe("e\x1b\r");
    expect(error).toMatchObject({ code: "RUNBOOK_FAILED" });
    expect(error.message).toContain("GRUB's editor");
    expect(error.message).toContain("the entry boots unchanged");
  });

  it.each([
    ["rescue", "rescue prompt"],
    ["editor", "editor"],
    ["editor-debian", "editor"],
    ["editor-wrapped", "editor"],
  ])("at its %s it says so and types nothing", async (name, place) => {
    const { typed, error } = await failure(name);
    expect(typed).toBe("");
    expect(error).toMatchObject({ code: "RUNBOOK_FAILED" });
    expect(error.message).toContain(`GRUB shows its ${place}; nothing was typed`);
  });

  it("at its command line it asks once for the menu, and says so where none comes", async () => {
    const { typed, error } = await failure("command-line");
    expect(typed).toBe("\x1b");
    expect(error.message).toContain("GRUB shows its command line; its menu did not come");
  });

  it.each(["single; halt", "a\rb", "$(x)", '"', "", " single"])(
    "refuses %j as kernel arguments",
    async (args) => {
      const { typed, error } = await failure("menu", args);
      expect(error.code).toBe("RUNBOOK_INVALID");
      expect(typed).toBe("");
    },
  );
});
