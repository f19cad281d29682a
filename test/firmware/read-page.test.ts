import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import ovmf from "../../drivers/firmware/ovmf.ts";
import seabios from "../../drivers/firmware/seabios.ts";
import { Screen } from "../../src/core/session/screen.ts";
import type { FirmwareList, FirmwarePages } from "../../src/sdk/firmware/firmware-map.ts";
import { readStand } from "../../src/sdk/firmware/read-page.ts";
import type { ScreenText } from "../../src/sdk/screen-menu.ts";

const PAGES = ovmf.shows as FirmwarePages;
const recorded = (name: string) =>
  new Uint8Array(readFileSync(new URL(`./${name}.raw`, import.meta.url)));

/** What a terminal shows of these bytes. */
async function shown(bytes: Uint8Array, map = ovmf): Promise<ScreenText> {
  const screen = await Screen.create(map.screen.encoding, map.screen);
  screen.feed(bytes);
  const text = await new Promise<ScreenText>((resolve) => {
    screen.whenShown(() => resolve({ ...screen.shot("web1"), inks: screen.inks() }));
  });
  screen.dispose();
  return text;
}

describe("readStand()", () => {
  const settings = recorded("ovmf-settings");
  const box = Buffer.from(settings).indexOf("\x1b[04;33H");

  it("reads a page of OVMF as it came over the line: wrapped labels, values, the highlight", async () => {
    const stand = readStand(await shown(settings.subarray(0, box)), PAGES);
    expect(stand).toMatchObject({ is: "page", page: { title: "OVMF Settings", unsaved: false } });
    if (stand.is !== "page") throw new Error("no page");
    expect(stand.page.entries.map(({ label, value, kind }) => [label, value, kind])).toEqual([
      ["Preferred Resolution at Next Boot", "_", "text"],
      ["Change Preferred Resolution for Next Boot", "1280x800", "choice"],
      ["Commit Changes and Exit", undefined, "line"],
      ["Discard Changes and Exit", undefined, "line"],
    ]);
    expect(stand.page.entries.map(({ highlighted }) => highlighted)).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });

  it("reads the box of choices over it", async () => {
    const stand = readStand(await shown(settings), PAGES);
    expect(stand).toMatchObject({ is: "choices", at: 1 });
    if (stand.is !== "choices") throw new Error("no choices");
    expect(stand.choices.slice(0, 3)).toEqual(["1280x800", "640x480", "800x480"]);
    expect(stand.choices).toHaveLength(15);
  });

  it("a box that is being drawn is nothing yet", async () => {
    const lower = Buffer.from(settings).indexOf(0xc0, box);
    const half = settings.subarray(0, lower);
    expect(readStand(await shown(half), PAGES).is).toBe("nothing");
  });

  it("a kernel that boots is no page", async () => {
    const text = new TextEncoder().encode("\x1b[2J\x1b[1;1HLinux version 6.1.0\r\nweb1 login: ");
    expect(readStand(await shown(text), PAGES)).toEqual({ is: "nothing" });
  });

  it("whatever stands on the screen: never throws, and reads no more than is there", () => {
    const ink = fc.constantFrom("0/7", "7/0", "7+/6", "0+/7", "f/b");
    const row = fc.stringMatching(/^[ │┌┐└┘─<>[\]Xa-z0-9#]{0,90}$/);
    const run = fc.tuple(fc.nat(90), fc.nat(90), ink);
    const screens = fc.record({
      rows: fc.array(row, { maxLength: 30 }),
      inks: fc.array(fc.array(run, { maxLength: 5 }), { maxLength: 30 }),
    });
    fc.assert(
      fc.property(screens, ({ rows, inks }) => {
        const stand = readStand(
          {
            rows,
            cursor: { row: 0, column: 0 },
            inks: inks.map((runs) => runs.map(([from, to, ink]) => ({ from, to, ink }))),
          },
          PAGES,
        );
        if (stand.is === "page") expect(stand.page.entries.length).toBeLessThanOrEqual(rows.length);
      }),
    );
  });
});

describe("seabios", () => {
  it("its list is read by its keys, as it came over the line", async () => {
    const list = seabios.shows as FirmwareList;
    const bytes = new TextEncoder().encode(
      "\x1bc\x1b[?7l\x1b[2J\x1b[0mSeaBIOS (version 1.16.2-debian-1.16.2-1)\r\n\nPress ESC for boot menu.\r\n\nSelect boot device:\r\n\n1. Legacy option rom\r\n2. Floppy [drive A]\r\n3. DVD/CD [ata1-0: QEMU DVD-ROM ATAPI-4 DVD/CD]\r\n\n",
    );
    const { rows } = await shown(bytes, seabios);
    expect(list.shows.test(rows.join("\n"))).toBe(true);
    expect(rows.flatMap((row) => list.entry.exec(row)?.slice(1) ?? [])).toEqual([
      "1",
      "Legacy option rom",
      "2",
      "Floppy [drive A]",
      "3",
      "DVD/CD [ata1-0: QEMU DVD-ROM ATAPI-4 DVD/CD]",
    ]);
  });
});
