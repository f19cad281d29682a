/** Hands at a real kernel (QEMU) that prints into the middle of everything. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../src/lib/clock.ts";
import { minutes } from "../../src/lib/durations.ts";
import { shellKit } from "../core/runbook/shell-kit.ts";
import { buildHosts, missing } from "./rig/host-images.ts";

const PRINTK = "cat /proc/sys/kernel/printk";
/** Twenty lines a second, each a warning. */
const TALK =
  'while :; do echo "<4>usb 1-1: device descriptor read/64, error -71" >/dev/kmsg; usleep 50000; done & echo $! >/talks';

async function booted() {
  const { kernel, initrd } = await buildHosts({ debian: false });
  const boot = ["-kernel", kernel, "-initrd", initrd, "-append"];
  const kit = await shellKit({
    command: [
      ...["/usr/bin/qemu-system-x86_64", "-nographic", "-no-reboot", "-m", "128", "-net", "none"],
      ...[...boot, "console=ttyS0 rdinit=/bin/sh panic=-1"],
    ],
    prompt: "# ",
  });
  await kit.pty.write(
    "mount -t proc p /proc; mount -t devtmpfs d /dev 2>/dev/null; stty sane; echo rea''dy\r",
  );
  await kit.pty.until("ready");
  /** The level that is in force, whoever has the seat. */
  const level = async () => {
    const before = kit.pty.written.length;
    await kit.pty.write(`echo "now [$(${PRINTK})]"\r`);
    const said = () => kit.pty.written.subarray(before).toString("latin1");
    await expect.poll(said, { timeout: 60_000 }).toMatch(/now \[\d/);
    return /now \[(\d)/.exec(said())?.[1];
  };
  return { ...kit, level };
}

test.skipIf(missing !== undefined)(
  "capture() has the kernel keep quiet, and puts its level back, also where we are gone in the midst of it",
  { timeout: minutes(4) },
  async () => {
    const kit = await booted();
    try {
      let level = "";
      const { result, story } = await kit.run(async ({ console: hands, note }) => {
        await hands.login(minutes(1));
        level = (await hands.run(PRINTK)).output;
        expect(level).toMatch(/^[4-9]\t/);
        await hands.run(TALK);
        const { text, resent, wire, tookMs } = await hands.capture("seq 4000; dmesg | head -c 0");
        expect(text).toBe(Array.from({ length: 4000 }, (_, n) => `${n + 1}\n`).join(""));
        note(
          `${text.length} bytes, ${wire} on the wire, ${resent} resent, ${Math.round(tookMs)} ms`,
        );
        expect((await hands.run(PRINTK)).output).toBe(level);
        return "done";
      });
      expect(result, story).toBe("done");
      console.info(story);
      // A shell that was killed in the midst of it: its folder says what was in force.
      const left = "/dev/oob-0123456789ab";
      await kit.pty.write(`mkdir ${left}; echo 3 >${left}/q; echo 1 >/proc/sys/kernel/printk\r`);
      writeFileSync(join(kit.hostFolder, "left-behind.json"), JSON.stringify([left]));
      const next = await kit.run(async ({ console: hands }) => {
        await hands.login(minutes(1));
        expect((await hands.run(PRINTK)).output[0]).toBe("3");
        expect((await hands.run(`ls -d ${left}`)).status).toBe(1);
        await hands.run(`echo ${level[0]} >/proc/sys/kernel/printk`);
        return "done";
      });
      expect(next.result, next.story).toBe("done");
      const { end } = await kit.run(async ({ console: hands }) => {
        await hands.login(minutes(1));
        const captured = hands.capture("dd if=/dev/urandom bs=1000 count=60 2>/dev/null");
        // In the midst of the pieces.
        const enough = kit.counts.printed + 30_000;
        while (kit.counts.printed < enough) await systemClock.sleep(20);
        void kit.takeSeat();
        await captured;
        return "done";
      });
      expect(end?.error?.code).toBe("SEAT_TAKEN");
      await expect.poll(() => kit.level(), { timeout: 60_000 }).toBe(level[0]);
    } finally {
      await kit.end();
    }
  },
);
