import { expect, test } from "vitest";
import { foregroundOf } from "../../../src/core/detect/foreground.ts";

test.each([
  ["cat crash.txt", "ending"],
  ["sudo dmesg | tail -3", "ending"],
  ["cd /tmp; TERM=vt100 vi x", "staying"],
  ["/usr/bin/less x", "staying"],
  ["tail -f /var/log/kern.log", "staying"],
  ["dmesg -w", "staying"],
  ["ssh web2", "staying"],
  ["echo c > /proc/sysrq-trigger", "nothing"],
  ["echo c | tee /proc/sysrq-trigger", "nothing"],
  ["insmod broken.ko", "nothing"],
  ["catalogue --list", "nothing"],
])("foregroundOf(%j) shows %s", (command, shows) => {
  expect(foregroundOf(command).shows).toBe(shows);
});

test("foregroundOf() knows a restart that was typed", () => {
  expect(foregroundOf("systemctl reboot").restarts).toBe(true);
  expect(foregroundOf("ls").restarts).toBe(false);
});
