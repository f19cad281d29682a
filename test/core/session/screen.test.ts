import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TerminalFilter } from "../../../src/codec/terminal-filter.ts";
import { Screen } from "../../../src/core/session/screen.ts";
import { ScreenKeeper } from "../../../src/core/session/screen-keeper.ts";
import { type PaintFor, paintScreen } from "../../../src/core/session/screen-paint.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { shown } from "./session-kit.ts";

const PERSON: PaintFor = { columns: 80, rows: 24, history: 0, plain: false, again: false };

async function screenOf(stream: string | Uint8Array): Promise<Screen> {
  const screen = await Screen.create("utf-8");
  screen.feed(Buffer.from(stream as string));
  await new Promise<void>((resolve) => screen.whenShown(resolve));
  return screen;
}

const paintOf = async (stream: string, person: Partial<PaintFor> = {}) =>
  paintScreen(await screenOf(stream), { ...PERSON, ...person });

const MENU = "\x1b[2J\x1b[H\x1b[7m GNU GRUB \x1b[m\x1b[5;3H*Debian\x1b[6;3H Advanced\x1b[5;3H";

describe("Screen", () => {
  it("is not frozen by sequences that keep an xterm.js busy for minutes", async () => {
    const began = performance.now();
    const screen = await screenOf(
      "A\x1b[2147483647b\x1b[2147483647L\x1b[2147483647S\x1b[2147483647Z ok",
    );
    expect(screen.shot("web1").rows.join("\n")).toContain("ok");
    expect(performance.now() - began).toBeLessThan(1000);
  });

  it("lets others have their turn while it parses the worst that passes the filter", async () => {
    const screen = await Screen.create("utf-8");
    let longest = 0;
    let last = performance.now();
    const beat = setInterval(() => {
      longest = Math.max(longest, performance.now() - last);
      last = performance.now();
    }, 1);
    screen.feed(Buffer.from("\x1b[999S\x1b[999L\x1b[999M\x1b[999T".repeat(2700)));
    await new Promise<void>((resolve) => screen.whenShown(resolve));
    clearInterval(beat);
    // In one piece it is 20 seconds; a machine with other work to do makes each piece a few times longer.
    expect(longest).toBeLessThan(500);
  });

  it("bounds a cell of a million combining marks", async () => {
    const screen = await screenOf(`a${"\u0301".repeat(100_000)}b`);
    expect(screen.shot("web1").rows[0]?.length).toBeLessThan(20);
  });

  it("is deaf: what it would answer to DA, DSR and DECRQSS goes nowhere", async () => {
    const screen = await Screen.create("utf-8");
    let said = "";
    screen.terminal.onData((text) => {
      said += text;
    });
    screen.feed(Buffer.from("\x1b[c\x1b[6n\x1b[5n\x1bP$qm\x1b\\\x05# "));
    await new Promise<void>((resolve) => screen.whenShown(resolve));
    expect(said).toBe("");
  });

  it("shot() tells rows, the cursor and whether it is shown", async () => {
    const screen = await screenOf("one\r\n\x1b[?25ltwo");
    const shot = screen.shot("web1");
    expect(shot.rows.slice(0, 3)).toEqual(["one", "two", ""]);
    expect([shot.host, shot.rows.length, shot.columns]).toEqual(["web1", 24, 80]);
    expect(shot.cursor).toEqual({ row: 1, column: 3, visible: false });
  });
});

describe("paintScreen()", () => {
  it("writes a scrolling console as lines, below what stands on the person's terminal", async () => {
    const paint = await paintOf("boot 1\r\nboot 2\r\nlogin: ");
    const person = await shown(`web1  linux  healthy\r\n${paint}x`);
    expect(person.lines.slice(0, 4)).toEqual([
      "web1  linux  healthy",
      "boot 1",
      "boot 2",
      "login: x",
    ]);
  });

  it("shows the asked number of rows above the screen first", async () => {
    const stream = Array.from({ length: 60 }, (_, n) => `line ${n}\r\n`).join("");
    const paint = await paintOf(stream, { history: 10 });
    const first = /line (\d+)/.exec(paint)?.[1];
    expect(Number(first)).toBe(60 - 23 - 10);
    expect(paint).toContain("line 59");
  });

  it("paints a menu at its place, on a larger terminal too, after the person's own lines went up", async () => {
    const person = await shown(`header\r\n${await paintOf(MENU)}\x1b[5;3H \x1b[6;3H*`, 132, 50);
    expect(person.lines.slice(0, 6)).toEqual([" GNU GRUB", "", "", "", "   Debian", "  *Advanced"]);
    expect(person.lines).not.toContain("header");
  });

  it("restores what the screen cannot show: region, hidden cursor, attributes, alternate screen", async () => {
    const paint = await paintOf(`\x1b[?1049h${MENU}\x1b[3;10r\x1b[?25l\x1b[1;32m\x1b[5;3H`);
    expect(paint).toContain("\x1b[?1049h");
    expect(paint).toContain("\x1b[3;10r");
    expect(paint).toContain("\x1b[?25l");
    expect(paint.endsWith("\x1b[0;1;32m")).toBe(true);
    expect((await shown(paint)).type).toBe("alternate");
  });

  it("undoes what stood before when it paints again", async () => {
    const before = "\x1b[?1049h\x1b[3;10r\x1b[31m\x1b[?25l garbage";
    const person = await shown(before + (await paintOf("$ ", { again: true })));
    expect([person.type, person.lines.join("").includes("garbage")]).toEqual(["normal", false]);
  });

  it("gives a strict viewer text and line ends alone", async () => {
    const paint = await paintOf(MENU, { plain: true });
    expect(paint).not.toContain("\x1b");
    expect(paint.split("\r\n")[4]).toBe("  *Debian");
  });

  it("cuts rows at the width of a narrow terminal", async () => {
    const person = await shown(await paintOf(`${"w".repeat(80)}\r\nx`, { columns: 40 }), 40);
    expect(person.lines.slice(0, 2)).toEqual(["w".repeat(40), "x"]);
  });

  it.each([
    ["at the margin", "\x1b[?7l\x1b[1;76H  \b日本 "],
    ["in the middle", "\x1b[3;10H日本語\x1b[3;13Hx"],
  ])("a wide character of which half was overwritten moves nothing: %s", async (_, stream) => {
    const whole = await shown(stream);
    const person = await shown(await paintOf(stream));
    expect(person.lines).toEqual(whole.lines);
    expect([person.row, person.column]).toEqual([whole.row, whole.column]);
  });

  it("whatever the host drew: painted and continued is what a terminal shows that saw it all", async () => {
    const number = fc.integer({ min: 1, max: 24 });
    const piece = fc.oneof(
      { weight: 5, arbitrary: fc.string({ unit: "grapheme-ascii", minLength: 1, maxLength: 100 }) },
      { weight: 2, arbitrary: fc.constantFrom("\r\n", "\r", "\b", "\t", "║═", "日本", "\x1b[m") },
      {
        weight: 2,
        arbitrary: fc
          .tuple(number, fc.integer({ min: 1, max: 80 }))
          .map(([r, c]) => `\x1b[${r};${c}H`),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          "\x1b[K",
          "\x1b[2J",
          "\x1b[J",
          "\x1b[L",
          "\x1b[2M",
          "\x1b[4P",
          "\x1bM",
          "\x1bD",
        ),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          "\x1b[1;31m",
          "\x1b[7m",
          "\x1b[48;5;200m",
          "\x1b[38;2;1;2;3m",
          "\x1b[44m",
        ),
      },
      { weight: 1, arbitrary: fc.tuple(number, number).map(([a, b]) => `\x1b[${a};${b}r`) },
      {
        weight: 1,
        arbitrary: fc.constantFrom(
          "\x1b[?25l",
          "\x1b[?25h",
          "\x1b[?7l",
          "\x1b[?7h",
          "\x1b[?1h",
          "\x1b[?6h",
          "\x1b[?6l",
        ),
      },
    );
    const drawing = fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(""));
    await fc.assert(
      fc.asyncProperty(drawing, drawing, async (before, after) => {
        const filter = new TerminalFilter("safe");
        const safe = (text: string) =>
          Buffer.from(filter.filter(Buffer.from(text)).slice()).toString();
        const first = safe(before);
        const then = safe(after);
        const whole = await shown(first + then);
        const screen = await screenOf(before);
        const person = await shown(paintScreen(screen, PERSON) + then);
        expect(person.lines).toEqual(whole.lines);
        expect([person.row, person.column]).toEqual([whole.row, whole.column]);
      }),
      { numRuns: 200 },
    );
  });
});

describe("ScreenKeeper", () => {
  function keeperOf(stream: { text: string }) {
    const clock = new ManualClock();
    const keeper = new ScreenKeeper({
      clock,
      encoding: "utf-8",
      offset: () => stream.text.length,
      // Answers late, with what came meanwhile: a port may live in another process.
      tail: async (bytes) => {
        await Promise.resolve();
        const from = Math.max(0, stream.text.length - bytes);
        return { bytes: Buffer.from(stream.text.slice(from)), offset: from };
      },
    });
    const print = (text: string) => {
      stream.text += text;
      keeper.feed(Buffer.from(text));
    };
    return { clock, keeper, print };
  }

  it("makes a screen when somebody looks, and drops it a minute after the last look", async () => {
    const { clock, keeper, print } = keeperOf({ text: "" });
    print("hello");
    expect(keeper.alive).toBe(false);
    expect(await keeper.read((screen) => screen.shot("a").rows[0])).toBe("hello");
    await clock.advance(59_000);
    expect(keeper.alive).toBe(true);
    print(" again");
    expect(await keeper.read((screen) => screen.shot("a").rows[0])).toBe("hello again");
    await clock.advance(180_000);
    expect(keeper.alive).toBe(false);
  });

  it("shows the screen exactly as of the call, while more is printed", async () => {
    const { keeper, print } = keeperOf({ text: "" });
    print("1");
    const first = keeper.read((screen) => screen.shot("a").rows[0]);
    print("2");
    const second = keeper.read((screen) => screen.shot("a").rows[0]);
    print("3");
    expect([await first, await second]).toEqual(["1", "12"]);
  });

  it("gives up a screen that falls behind, and builds it anew from the end of the log", async () => {
    const { keeper, print } = keeperOf({ text: "" });
    let began = 0;
    const row = keeper.read(
      (screen) => screen.shot("a").rows.find((one) => one.includes("end")),
      () => {
        began++;
      },
    );
    for (let n = 0; n < 10; n++) print(`${"x".repeat(60_000)}\r\n`);
    print("the end");
    expect(await row).toBe("the end");
    expect(began).toBe(2);
  });

  it("tells whoever waits when the console closes", async () => {
    const { keeper } = keeperOf({ text: "x" });
    const waiting = keeper.read(() => "seen");
    keeper.close();
    keeper.close();
    await expect(waiting).rejects.toThrow("the console was closed");
    expect(keeper.alive).toBe(false);
  });
});
