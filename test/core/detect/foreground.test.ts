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

test.each([
  ["bash -c 'cat crash.txt'", "ending"],
  ['su - log -c "less crash.txt"', "staying"],
  ["pdsh -w web[1-9] dmesg", "staying"],
  ["aws ec2 get-console-output", "staying"],
])(
  "foregroundOf(%j) shows %s: commands in other commands, and on other hosts",
  (command, shows) => {
    expect(foregroundOf(command).shows).toBe(shows);
  },
);

test("foregroundOf() knows what builds and tests, and what only has such a name", () => {
  for (const command of ["make -j8 check", "cd x && cargo test", "sudo ./linux ubd0=a", "vng -r"])
    expect(foregroundOf(command).tests, command).toBe(true);
  for (const command of ["makemap hash x", "apt upgrade", "systemctl stop act.service"])
    expect(foregroundOf(command).tests, command).toBe(false);
});

test("foregroundOf() knows what works on this host's own kernel, and what may show text of another", () => {
  for (const command of [
    "insmod /lib/modules/broken.ko how=bug",
    "cd /tmp; sudo mount -o loop x /mnt",
    "echo 1 > /proc/sys/kernel/panic_on_oops",
    "tail /dev/zero",
    "dd if=/dev/zero of=/dev/vdb bs=1M",
    "ip link set eth0 down",
    "mkfs.ext4 /dev/vdb",
  ])
    expect(foregroundOf(command).works, command).toBe(true);
  for (const command of [
    "./insmod",
    "sync-vm web3",
    "mount.sh",
    "insmod x.ko; ./start-vm",
    "ip netns exec lab ssh web2",
    "dd if=/var/crash/dmesg.txt",
    "cp /var/crash/dmesg.txt /dev/stdout",
    "cd $(./start-vm)",
    "echo crash > /dev/console",
    "modprobe.txt",
  ])
    expect(foregroundOf(command).works, command).toBe(false);
});
