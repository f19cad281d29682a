import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chooseEntry, type MenuConsole } from "../../../src/core/runbook/choose-entry.ts";
import type { ScreenMenu } from "../../../src/sdk/screen-menu.ts";

const MENU: ScreenMenu = {
  name: "the boot menu",
  entry: /^\|[ *](.+?) *\|$/,
  highlighted: ({ rows }) => {
    const at = rows.findIndex((row) => row.startsWith("|*"));
    return at < 0 ? undefined : at;
  },
  up: "U",
  down: "D",
};
const WITHIN = 600_000;

interface Faults {
  readonly entries: readonly string[];
  readonly at?: number;
  /** Rows that are visible at a time. */
  readonly height?: number;
  readonly wraps?: boolean;
  /** Whether the n-th key is lost. */
  readonly loses?: (key: number) => boolean;
  /** The highlight moves so much later. */
  readonly lag?: number;
  /** Entries that cannot be highlighted are stepped over. */
  readonly skips?: RegExp;
}

/** A menu as firmware draws it, with a countdown that changes the screen all the time. */
function menuConsole(faults: Faults) {
  const { entries, height = entries.length, wraps = false, lag = 0, loses = () => false } = faults;
  let now = 0;
  let at = faults.at ?? 0;
  let top = 0;
  let keys = 0;
  const moves: { readonly at: number; readonly by: number }[] = [];
  const step = (by: number) => {
    let next = at;
    do {
      next += by;
      if (wraps) next = (next + entries.length) % entries.length;
      if (next < 0 || next >= entries.length) return;
    } while (faults.skips?.test(entries[next] ?? "") && next !== at);
    at = next;
  };
  const settle = () => {
    for (; moves[0] && moves[0].at <= now; moves.shift()) step(moves[0].by);
    top = Math.min(Math.max(top, at - height + 1), at);
  };
  const console: MenuConsole = {
    host: "web1",
    screen: async () => {
      settle();
      const shown = entries.slice(top, top + height);
      const rows = shown.map((text, i) => `|${top + i === at ? "*" : " "}${text.padEnd(30)}|`);
      return {
        rows: ["Boot", ...rows, `in ${Math.floor(now / 1000)}s`],
        cursor: { row: 0, column: 0 },
      };
    },
    send: async (text) => {
      if (!loses(keys++)) moves.push({ at: now + lag, by: text === "U" ? -1 : 1 });
    },
    sleep: async (time) => {
      now += time;
    },
    get now() {
      return now;
    },
  };
  return {
    console,
    get chosen() {
      settle();
      return entries[at];
    },
  };
}

const NAMES = ["Debian", "Advanced options", "Memory test", "UEFI firmware", "Other"];

describe("choose()", () => {
  it("comes to the entry from wherever the highlight is, whatever the menu does", async () => {
    const cases = fc.record({
      at: fc.nat(4),
      wanted: fc.nat(4),
      height: fc.integer({ min: 1, max: 5 }),
      wraps: fc.boolean(),
      lag: fc.nat(1200),
      lost: fc.uniqueArray(fc.nat(12), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ wanted, lost, ...faults }) => {
        const loses = (key: number) => lost.includes(key);
        const menu = menuConsole({ entries: NAMES, ...faults, loses });
        const name = NAMES[wanted] ?? "";
        const screen = await chooseEntry(menu.console, new RegExp(`^${name}$`), MENU, WITHIN);
        expect(menu.chosen).toBe(name);
        expect(screen.rows[MENU.highlighted(screen) ?? 0]).toContain(name);
      }),
    );
  });

  it("steps over lines that take no highlight", async () => {
    const menu = menuConsole({ entries: ["a", "-----", "b"], skips: /^-/ });
    await chooseEntry(menu.console, /^b$/, MENU, WITHIN);
    expect(menu.chosen).toBe("b");
  });

  it.each([true, false])(
    "an entry that is not there: says which are, and ends (wraps: %s)",
    async (wraps) => {
      const menu = menuConsole({ entries: NAMES, height: 2, at: 2, wraps });
      await expect(chooseEntry(menu.console, /Windows/, MENU, WITHIN)).rejects.toThrow(
        /Cannot choose \/Windows\/ in the boot menu at web1: it shows .*"Debian".*/,
      );
      expect(menu.console.now).toBeLessThan(WITHIN / 4);
    },
  );

  it("a menu that takes no key, and a screen without one, end in an error", async () => {
    const deaf = menuConsole({ entries: NAMES, loses: () => true });
    await expect(chooseEntry(deaf.console, /Other/, MENU, WITHIN)).rejects.toThrow(
      /it shows "Debian"/,
    );
    const none = { ...MENU, highlighted: () => undefined };
    const dark = menuConsole({ entries: NAMES });
    await expect(chooseEntry(dark.console, /Other/, none, 5000)).rejects.toThrow(
      /no entry of it is highlighted/,
    );
  });
});
