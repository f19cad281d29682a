/**
 * bios-show and bios-set on real firmware in QEMU: OVMF's set-up, and SeaBIOS' boot menu, over their serial lines, each
 * entered after a power cycle by an outlet of a mock PDU. OOB_LONG=1: more pages, both kinds of screen, and mistakes.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { FirmwareMachine } from "./rig/firmware-machine.ts";
import { OutletSite } from "./rig/outlet-site.ts";
import { PacedLine } from "./rig/paced-line.ts";

const long = process.env.OOB_LONG === "1";
const WITHIN = 600_000;
const PAGE = "Device Manager/OVMF Platform Configuration";
const ENTRY = "Change Preferred Resolution for Next Boot";
const PLATFORM = { page: PAGE, entry: ENTRY };
const LANGUAGE = { entry: "Select Language" };
let site: OutletSite<FirmwareMachine>;
/** Lines of 9600 baud: what is drawn takes seconds, and the boot goes on meanwhile. */
const slow = new Map<string, PacedLine>();

beforeAll(async () => {
  const machines = [
    new FirmwareMachine("efi", "ovmf"),
    new FirmwareMachine("sea", "seabios", ["-boot", "menu=on,splash-time=8000"]),
    new FirmwareMachine("tall", "ovmf", ["-vga", "none"]),
    new FirmwareMachine("slowefi", "ovmf"),
    new FirmwareMachine("slowsea", "seabios", ["-boot", "menu=on,splash-time=20000"]),
  ];
  for (const { name, unixPath } of machines) {
    if (!name.startsWith("slow")) continue;
    const line = await PacedLine.open(unixPath);
    line.bytesPerSecond = 960;
    slow.set(name, line);
  }
  site = await OutletSite.start(machines, {
    console: (name) => {
      const line = slow.get(name);
      return line && `driver: tcp, host: 127.0.0.1, port: ${line.port}`;
    },
  });
}, 180_000);

afterAll(async () => {
  await site?.stop();
  for (const line of slow.values()) await line.close();
});

function run(runbook: string, host: string, set: Readonly<Record<string, string>>) {
  site.machine(host).powerOn();
  return site.run(runbook, host, set);
}

const off = (host: string) => site.machine(host).powerOff();

describe("OVMF", () => {
  it(
    "bios-show reads a page of its set-up, and the host boots on",
    async () => {
      const { end, story } = await run("bios-show", "efi", { page: PAGE });
      expect(end, story).toMatchObject({ result: "done" });
      expect(story).toContain(`${ENTRY}: 1280x800`);
      if (!long) off("efi");
    },
    WITHIN,
  );

  it.runIf(long)(
    "bios-set changes a setting and proves it after a restart; the host boots on",
    async () => {
      const { end, story } = await run("bios-set", "efi", { ...LANGUAGE, value: "English" });
      expect(end, story).toMatchObject({ result: "done" });
      expect(story).toMatch(/"Standard English", now "English" on the screen/);
      expect(story).toMatch(/reads "English" after a restart/);
    },
    WITHIN,
  );

  it.runIf(long)(
    "bios-show reads pages by their path",
    async () => {
      const { end, story } = await run("bios-show", "efi", {
        page: `; Device Manager; ${PAGE}; Boot Maintenance Manager; Boot Manager`,
      });
      expect(end, story).toMatchObject({ result: "done" });
      expect(story).toContain("Select Language: English");
      expect(story).toContain(`${ENTRY}: 1280x800`);
      expect(story).toContain("Auto Boot Time-out: 0");
    },
    WITHIN,
  );

  it.runIf(long)(
    "a value that is not offered: says which are, saves nothing, the host boots on",
    async () => {
      const { end, story } = await run("bios-set", "efi", { ...PLATFORM, value: "1x1" });
      expect(end, story).toMatchObject({ result: "failed" });
      expect(story).toMatch(/offers no "1x1"; it offers .*"1280x1024"/);
      expect(story).toContain("was led out of its firmware");
    },
    WITHIN,
  );

  it.runIf(long)(
    "a setting that the firmware sets anew at each start is not called proven",
    async () => {
      const { end, story } = await run("bios-set", "efi", {
        page: "Boot Maintenance Manager",
        entry: "Auto Boot Time-out",
        value: "7",
      });
      expect(end, story).toMatchObject({ result: "failed" });
      expect(story).toMatch(/was saved as "7", and reads "0" after a restart/);
      off("efi");
    },
    WITHIN,
  );

  it.runIf(long)(
    "80x50 without a VGA: pages are read the same",
    async () => {
      const { end, story } = await run("bios-show", "tall", { page: "Boot Maintenance Manager" });
      expect(end, story).toMatchObject({ result: "done" });
      expect(story).toContain("Boot Next Value: <NONE>".replace(/[<>]/g, ""));
      off("tall");
    },
    WITHIN,
  );
});

describe("SeaBIOS", () => {
  it(
    "bios-show reads its boot menu, and leaves it: it boots on",
    async () => {
      const { end, story } = await run("bios-show", "sea", { firmware: "seabios" });
      expect(end, story).toMatchObject({ result: "done" });
      expect(story).toMatch(/\| \d\. DVD\/CD \[ata1-0: QEMU DVD-ROM ATAPI-4 DVD\/CD\]/);
      if (!long) off("sea");
    },
    WITHIN,
  );

  it.runIf(long)(
    "bios-set boots one entry, this once",
    async () => {
      const { end, story } = await run("bios-set", "sea", {
        firmware: "seabios",
        entry: "Floppy [drive A]",
        value: "once",
      });
      expect(end, story).toMatchObject({ result: "done" });
      expect(story).toContain("it boots from Floppy, this once");
      off("sea");
    },
    WITHIN,
  );
});

describe.runIf(long)("over a 9600 line", () => {
  it(
    "OVMF, 80x25: a page is read, a value changed and proven after a restart",
    async () => {
      const shown = await run("bios-show", "slowefi", { page: "Boot Maintenance Manager" });
      expect(shown.end, shown.story).toMatchObject({ result: "done" });
      expect(shown.story).toContain("Auto Boot Time-out: 0");
      const { end, story } = await run("bios-set", "slowefi", { ...LANGUAGE, value: "English" });
      expect(end, story).toMatchObject({ result: "done" });
      expect(story).toMatch(/reads "English" after a restart/);
      off("slowefi");
    },
    3 * WITHIN,
  );

  it(
    "SeaBIOS, 80x25: its boot menu is read, and boots one entry",
    async () => {
      const shown = await run("bios-show", "slowsea", { firmware: "seabios" });
      expect(shown.end, shown.story).toMatchObject({ result: "done" });
      expect(shown.story).toMatch(/\| \d\. DVD\/CD \[ata1-0: QEMU DVD-ROM ATAPI-4 DVD\/CD\]/);
      const set = { firmware: "seabios", entry: "Floppy [drive A]", value: "once" };
      const { end, story } = await run("bios-set", "slowsea", set);
      expect(end, story).toMatchObject({ result: "done" });
      off("slowsea");
    },
    3 * WITHIN,
  );
});

describe.runIf(long)("a daemon that is killed in the midst of a set-up", () => {
  it(
    "the host is marked, the way out is told, and leads out",
    async () => {
      site.machine("efi").powerOn();
      const { test } = site;
      const request = { runbook: "bios-show", hosts: ["efi"], set: {}, dryRun: false, reason: "" };
      const cut = (async () => {
        for await (const event of test.site.run(request))
          if (event.text.includes("ovmf shows itself")) await test.kill();
      })();
      await cut.catch(() => undefined);
      await test.start();
      const [status] = await test.site.status(["efi"], { power: false });
      const undo = status?.mark?.undo ?? "";
      expect(undo).toContain("oob run bios-show efi --force --set by=standing");
      const set = { by: "standing", firmware: "ovmf" };
      const { end, story } = await site.run("bios-show", "efi", set);
      expect(end, story).toMatchObject({ result: "done" });
      expect(story).toContain("it boots on");
      off("efi");
    },
    WITHIN,
  );
});
