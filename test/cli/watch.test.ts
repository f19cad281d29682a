import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HostView } from "../../src/cli/watch-table/host-view.ts";
import { RowPainter } from "../../src/cli/watch-table/row-painter.ts";
import { firstKey } from "../../src/cli/watch-table/table-keys.ts";
import { RunningCli, runCli } from "./run-cli.ts";
import { hostStatus, SiteDouble } from "./site-double.ts";

/** What stands on a terminal after these bytes: only what RowPainter uses. */
function screenOf(bytes: string, rows: number): string[] {
  const screen = Array<string>(rows).fill("");
  for (const [, row = "", text = ""] of bytes.matchAll(
    /\u001b\[(\d+);1H\u001b\[0m\u001b\[2K([^\u001b]*)/g,
  ))
    screen[Number(row) - 1] = text;
  return screen;
}

describe("RowPainter", () => {
  test("draws of each picture only what changed, and the terminal shows the last one", () => {
    const row = fc.constantFrom("", "web1 ok", "web2 STUCK", "db1 off");
    fc.assert(
      fc.property(
        fc.array(fc.array(row, { minLength: 5, maxLength: 5 }), { minLength: 1 }),
        (pictures) => {
          const painter = new RowPainter();
          let bytes = "";
          let before: string[] | undefined;
          for (const picture of pictures) {
            const out = painter.paint(picture);
            const changed = picture.filter((text, n) => text !== (before?.[n] ?? "")).length;
            expect(out.split(";1H").length - 1).toBe(changed);
            bytes += out;
            before = picture;
          }
          expect(screenOf(bytes, 5)).toEqual(before);
        },
      ),
    );
  });

  test("draws all of it where something else was shown meanwhile", () => {
    const painter = new RowPainter();
    painter.paint(["a", "b"]);
    expect(painter.paint(["a", "b"])).toBe("");
    painter.forget();
    expect(painter.paint(["a", "b"])).toContain("\u001b[2J");
  });
});

test("firstKey() knows arrows in both spellings, and takes an unknown sequence for one key", () => {
  const keys = (text: string): (string | undefined)[] => {
    const found: (string | undefined)[] = [];
    for (let rest = text; rest !== ""; ) {
      const { key, length } = firstKey(rest);
      expect(length).toBeGreaterThan(0);
      found.push(key);
      rest = rest.slice(length);
    }
    return found.filter((key) => key !== undefined);
  };
  expect(keys("\u001b[A\u001bOBj\u001b[6~\u001b[1;5Cq")).toEqual([
    "up",
    "down",
    "down",
    "pageDown",
    "leave",
  ]);
  expect(keys("\u001b[15~x/")).toEqual(["filter"]);
  fc.assert(fc.property(fc.string(), (text) => keys(text).length <= text.length));
});

describe("HostView", () => {
  const rows = Array.from({ length: 1000 }, (_, n) => hostStatus(`n${n}`));

  test("the chosen host is always among the rows shown, and the window is full", () => {
    const keys = fc.array(
      fc.constantFrom("up", "down", "pageUp", "pageDown", "first", "last" as const),
    );
    fc.assert(
      fc.property(keys, fc.integer({ min: 1, max: 40 }), (typed, room) => {
        const view = new HostView();
        view.all = rows;
        for (const key of typed) {
          view.move(key, room);
          const shown = view.window(room);
          expect(shown.rows).toContain(view.chosen);
          expect(shown.rows).toHaveLength(room);
        }
      }),
    );
  });

  test("the choice stays with its host when the rows change", () => {
    const view = new HostView();
    view.all = rows;
    view.move("pageDown", 10);
    view.all = [...rows].reverse();
    expect(view.chosen?.host).toBe("n10");
    view.filter = "n99";
    expect(view.chosen?.host).toBe("n999");
    expect(view.matching).toHaveLength(11);
  });
});

const tty = (site: SiteDouble) =>
  new RunningCli(["watch"], { site, stdinTty: true, stdoutTty: true });

describe("oob watch at a terminal", () => {
  const site = () => {
    const double = new SiteDouble(Array.from({ length: 1000 }, (_, n) => hostStatus(`n${n}`)));
    double.watchRows = [double.rows];
    double.endless = true;
    return double;
  };

  test("shows what fits of a thousand hosts, scrolls, and q leaves the terminal as it was", async () => {
    const running = tty(site());
    await running.saw(/n26 /);
    expect(running.stdout).not.toContain("n27 ");
    expect(running.stdout).toContain("1 to 27");
    const keys = /Enter attach .* q leave/.exec(running.stdout)?.[0] ?? "";
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.length).toBeLessThan(80);
    running.stdin.write("G");
    await running.saw(/n999 /);
    running.stdin.write("q");
    expect(await running.code).toBe(0);
    expect(running.stdout.endsWith("\u001b[?25h\u001b[?1049l")).toBe(true);
    expect(running.rawModes).toEqual([true, false]);
  });

  test("/ filters while it is typed, Esc brings back what was before", async () => {
    const running = tty(site());
    await running.saw(/n26 /);
    running.stdin.write("/n5");
    await running.saw(/"n5": 111/);
    running.stdin.write("00\r");
    await running.saw(/"n500": 1/);
    running.stdin.write("/9");
    await running.saw(/"n5009": 0/);
    running.stdin.write("\u001b");
    await running.saw(/"n5009": 0[\s\S]*"n500": 1/);
    running.stdin.write("q");
    await running.code;
  });

  test("Enter attaches to the chosen host, and leaving it comes back to the table", async () => {
    const double = site();
    double.attachment.answers = (typed) => [typed];
    const running = tty(double);
    await running.saw(/n26 /);
    running.stdin.write("j\r");
    await running.saw(/leave: \^\] \./);
    expect(double.asked).toContainEqual({ attach: expect.objectContaining({ host: "n1" }) });
    running.stdin.write("\u001d.");
    await running.saw(/left n1 after[\s\S]*\u001b\[2J/);
    running.stdin.write("q");
    expect(await running.code).toBe(0);
  });

  test("h holds with time and reason; what went wrong is read before the table comes back", async () => {
    const double = site();
    const running = tty(double);
    await running.saw(/n26 /);
    running.stdin.write("h");
    await running.saw(/hold n0 for/);
    running.stdin.write("2h\r");
    await running.saw(/reason: /);
    running.stdin.write("RAID\r");
    await running.saw(/held until/);
    await running.saw(/\[any key\]/);
    expect(double.asked).toContainEqual({ hold: ["n0"], forMs: 7_200_000, reason: "RAID" });
    running.stdin.write("x");
    await running.saw(/(?:\u001b\[2J[\s\S]*){2}/);
    running.stdin.write("pstatsu\r");
    await running.saw(/Cannot run "power statsu"[\s\S]*\[any key\]/);
    running.signals.emit("SIGTERM");
    expect(await running.code).toBe(130);
    expect(running.rawModes.at(-1)).toBe(false);
  });

  test("another size draws the table anew for it", async () => {
    const running = tty(site());
    await running.saw(/n26 /);
    Object.assign(running.out, { rows: 10 });
    running.out.emit("resize");
    await running.saw(/1 to 7/);
    running.signals.emit("SIGINT");
    expect(await running.code).toBe(130);
  });
});

test("oob watch --jsonl prints a line for each change and host", async () => {
  const double = new SiteDouble();
  double.watchRows = [
    double.rows,
    double.rows,
    [hostStatus("web1", { lastLine: "panic" }), ...double.rows.slice(1)],
  ];
  const { stdout } = await runCli(["watch", "--jsonl"], { site: double });
  const lines = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ host }) => host)).toEqual(["web1", "web2", "db1", "web1"]);
  expect(lines[3]).toMatchObject({ v: 1, lastLine: "panic" });
});
