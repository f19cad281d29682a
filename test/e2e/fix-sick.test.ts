/**
 * Runbooks that mend, on a Debian in QEMU that is up and sick, for real: an array with a failed member, rules that lock
 * everybody out, a disk that is full, the kernel's OOM killer, a root that is read-only. One guest serves all of them, by
 * three boots. Only with OOB_LONG=1: it takes minutes.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missing } from "./rig/host-images.ts";
import { SickDebian } from "./rig/sick-debian.ts";

const long = process.env.OOB_LONG === "1";
const WITHIN = 1_800_000;
/** What does not come within this time does not come. */
const NOTHING = 3000;
const sick = new SickDebian();

const LOCK_OUT = `nft add table inet f
nft 'add chain inet f input { type filter hook input priority 0; policy drop; }'
nft add rule inet f input ip saddr 192.0.2.7 tcp dport 22 accept`;

/** Killed by the OOM killer when it is asked to choose; the second time it stays. */
const UNIT = `cat >/run/systemd/system/web.service <<'X'
[Service]
OOMScoreAdjust=1000
ExecStart=/bin/sleep 100000
X
systemctl daemon-reload; systemctl start web`;

beforeAll(async () => {
  if (missing === undefined && long) await sick.start();
}, WITHIN);

afterAll(() => sick.stop());

describe.runIf(missing === undefined && long)("a Debian that is up and sick", () => {
  it("fix-raid names the member that is out, takes it back, and no other disk", {
    timeout: WITHIN,
  }, async () => {
    await sick.back.run(
      "modprobe raid1; mdadm --create /dev/md0 --run --assume-clean --metadata=1.2 --level=1 --raid-devices=2 /dev/vdb /dev/vdc && mdadm /dev/md0 --fail /dev/vdc",
    );
    const named = await sick.run("fix-raid");
    expect(named.end?.text, named.story).toMatch(
      /degraded: md0 \(1 of 2\); a member is taken back with --set array=md0 --set device=\/dev\/vdc$/,
    );
    const other = await sick.run("fix-raid", { array: "md0", device: "/dev/vdd" });
    expect(other.end?.text).toContain("/dev/vdd is no member of /dev/md0 by its superblock");
    const { end, story } = await sick.run("fix-raid", { array: "md0", device: "/dev/vdc" });
    expect(end, story).toMatchObject({ result: "done" });
    // The kernel says when it has rebuilt it.
    await sick.back.run("mdadm --wait /dev/md0; true");
    expect(await sick.back.run("cat /proc/mdstat")).toContain("[2/2] [UU]");
  });

  it("fix-network-lockout lets people in, and the rules come back", {
    timeout: WITHIN,
  }, async () => {
    await sick.untilReachable(WITHIN / 3);
    await sick.back.run(LOCK_OUT);
    const before = await sick.back.run("nft list ruleset");
    expect(await sick.isReachable(NOTHING)).toBe(false);
    const { end, story } = await sick.run("fix-network-lockout", { for: "20m" });
    expect(end, story).toMatchObject({ result: "done" });
    expect(end?.text).toMatch(/filters nothing for /);
    await sick.untilReachable(WITHIN / 3);
    const twice = await sick.run("fix-network-lockout");
    expect(twice.story).toContain("they are off already, and a timer runs");
    // Its time is over: how long twenty minutes are is the host's business.
    await sick.back.run(
      "pkill -x -f 'sleep 1200'; until [ ! -e /var/run/oob-lockout ]; do sleep 1; done",
    );
    expect(await sick.back.run("nft list ruleset")).toBe(before);
    expect(await sick.isReachable(NOTHING)).toBe(false);
    await sick.back.run("nft flush ruleset");
  });

  it.each(["nft", "legacy"])(
    "fix-network-lockout: rules of iptables (%s), with those of ip6tables",
    async (kind) => {
      await sick.back.run(
        `cd /usr/sbin; for n in '' 6; do for e in '' -save -restore; do ln -sf "ip\${n}tables-${kind}$e" "ip\${n}tables$e"; done; done
iptables -P INPUT DROP; iptables -A INPUT -p tcp -s 192.0.2.7 --dport 22 -m comment --comment 'only from there' -j ACCEPT
iptables -A INPUT -m hashlimit --hashlimit-name x --hashlimit-upto 5/min -j LOG; ip6tables -P INPUT DROP`,
      );
      const rules = "{ iptables-save; ip6tables-save; } | sed -e '/^#/d' -e 's/ \\[.*//'";
      const before = await sick.back.run(rules);
      expect(await sick.isReachable(NOTHING)).toBe(false);
      const { end, story } = await sick.run("fix-network-lockout", { for: "30m" });
      expect(end, story).toMatchObject({ result: "done" });
      expect(end?.text).toContain("the rules of iptables");
      await sick.untilReachable(WITHIN / 3);
      const back = await sick.run("fix-network-lockout", { back: "true" });
      expect(back.end, back.story).toMatchObject({ result: "done" });
      expect(await sick.back.run(rules)).toBe(before);
      expect(await sick.isReachable(NOTHING)).toBe(false);
      await sick.back.run(
        "for t in iptables ip6tables; do $t -P INPUT ACCEPT; $t -F; done; nft flush ruleset",
      );
    },
    WITHIN,
  );

  it("fix-disk-full names what holds the room, deleted but open, too, and empties the cache", {
    timeout: WITHIN,
  }, async () => {
    await sick.back.run(
      `(exec sleep 100000 >/var/tmp/spool.log 2>/dev/null </dev/null &)
until [ -e /var/tmp/spool.log ]; do sleep 1; done
fallocate -l 1000M /var/tmp/spool.log; rm /var/tmp/spool.log
mkdir -p /data /var/cache/apt/archives; fallocate -l 300M /var/cache/apt/archives/big_1.0_amd64.deb
mke2fs -q -F -N 64 -t ext4 /dev/vdd; mount /dev/vdd /data; mkdir /data/queue
touch $(seq -f /data/queue/%g 100) 2>/dev/null
free=$(df -Pk / | sed -n '$p' | tr -s ' ' | cut -d ' ' -f 4); fallocate -l "$((free-20000))k" /var/lib/rest`,
    );
    const { end, story } = await sick.run("fix-disk-full");
    expect(end, story).toMatchObject({ result: "done" });
    expect(story).toMatch(/10\d{5} KiB of a deleted file are free once sleep \(PID \d+\)/);
    expect(story).toMatch(/empty the package manager's cache: 307\d{3} KiB/);
    expect(end?.text).toBe("still full: /data (inodes, 100 %); the report names what takes it");
    await sick.back.run("pkill -f 'sleep 100000'; rm -f /var/lib/rest; rm -r /data/queue");
  });

  it("fix-oom names what was killed and starts the service again", {
    timeout: WITHIN,
  }, async () => {
    await sick.back.run(UNIT);
    await sick.back.run(
      'echo f >/proc/sysrq-trigger; until [ "$(systemctl show -p Result --value web)" = oom-kill ]; do sleep 1; done',
    );
    const { end, story } = await sick.run("fix-oom");
    expect(end, story).toMatchObject({ result: "done" });
    expect(story).toMatch(/Out of memory: Killed process \d+ \(sleep\)/);
    expect(end?.text).toMatch(/^deb1: 1 services run again; \d+ of \d+ MiB are available$/);
    expect(await sick.back.run("systemctl is-active web")).toContain("active");
  });

  it("fix-network-lockout leaves nothing behind where the host is rebooted before the rules are back", {
    timeout: WITHIN,
  }, async () => {
    await sick.back.run(LOCK_OUT);
    const opened = await sick.run("fix-network-lockout", { for: "4h" });
    expect(opened.end, opened.story).toMatchObject({ result: "done" });
    await sick.reboot();
    expect((await sick.back.ask("ls -A /etc /run | grep oob")).text).toBe("");
    const back = await sick.run("fix-network-lockout", { back: "true" });
    expect(back.end?.text).toContain("no rules are waiting to come back");
    const { end, story } = await sick.run("fix-network-lockout");
    expect(end?.text, story).toContain("filters nothing by nft, iptables or pf");
  });

  const rootIs = "grep ' / ext4 ' /proc/mounts | cut -d ' ' -f 4 | cut -d , -f 1";
  const readOnly = `echo u >/proc/sysrq-trigger; until [ "$(${rootIs})" = ro ]; do sleep 1; done`;

  it("fix-readonly-root makes one writable that SysRq made read-only, not one with errors", {
    timeout: WITHIN,
  }, async () => {
    await sick.back.run(readOnly);
    const { end, story } = await sick.run("fix-readonly-root");
    expect(end, story).toMatchObject({ result: "done" });
    expect(end?.text).toContain("is writable again");
    expect(await sick.back.run(rootIs)).toContain("rw");
    await sick.back.run(
      "echo 1 >/sys/fs/ext4/vda1/trigger_fs_error; until dmesg | grep -q 'vda1): Remounting filesystem read-only'; do sleep 1; done",
    );
    const broken = await sick.run("fix-readonly-root");
    expect(broken.end?.text, broken.story).toMatch(/read-only because of errors .* run fix-fsck/);
    // The kernel calls it "rw" or "ro", by its version; nothing was changed about it.
    expect(broken.story).not.toContain("remount:");
  });

  it("fix-readonly-root says that only a boot helps where a deleted file is held open", {
    timeout: WITHIN,
  }, async () => {
    // The errors of before are gone with a boot.
    await sick.reboot();
    await sick.back.run(
      `(exec sleep 100001 >/var/tmp/held 2>/dev/null </dev/null &)
until [ -e /var/tmp/held ]; do sleep 1; done; rm /var/tmp/held; ${readOnly}`,
    );
    const { end, story } = await sick.run("fix-readonly-root");
    expect(end?.text, story).toMatch(/Couldn't remount RDWR .*reboot it$/);
    await sick.reboot();
    expect(await sick.back.run(rootIs)).toContain("rw");
  });
});
