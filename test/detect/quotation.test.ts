import { describe, expect, test } from "vitest";
import { createDetector } from "../../src/core/detect/create-detector.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import { shippedRules } from "../core/detect/shipped-rules.ts";

const UP = [
  "[    0.000000] Linux version 6.1.0-50-amd64 (x@y) (gcc) #1 SMP\r\n[  900.100000] eth0: up\r\n",
  "\r\nDebian GNU/Linux 12 web1 ttyS0\r\n\r\nweb1 login: root\r\nPassword: \r\n",
].join("");

/** A crash of another time or another host, as files, loggers and programs give it back. */
const CRASHES = {
  "with stamps": `[ 1234.567890] BUG: unable to handle page fault for address: ffffc90012345678\r
[ 1234.567899] Kernel panic - not syncing: Fatal exception\r
[ 1234.600000] ---[ end Kernel panic - not syncing: Fatal exception ]---\r\n`,
  "without stamps": "Kernel panic - not syncing: Fatal exception\r\n",
  "of FreeBSD": "panic: page fault\r\ncpuid = 3\r\nKDB: stack backtrace:\r\n",
  "of illumos": "panic[cpu0]/thread=fffffffffbc490a0: BAD TRAP\r\n",
  "of Xen": "(XEN) Panic on CPU 0:\r\n",
  "from syslog": "Nov 22 08:12:08 web9 kernel: [ 1234.567890] Kernel panic - not syncing: x\r\n",
  "of dmesg -T": "[Sun Nov 22 08:12:08 2026] Kernel panic - not syncing: Fatal exception\r\n",
  "of journalctl": "Nov 22 08:12:08 web1 kernel: Kernel panic - not syncing: Fatal exception\r\n",
};

const PROMPTS = [
  "root@web1:~# ",
  "[root@web1 ~]# ",
  "# ",
  "$ ",
  "web1:~ # ",
  "web1# ",
  "web1 ~ # ",
  "\x1b[?2004hroot@web1:~# ",
  "\x1b[1;32mroot@web1\x1b[0m:\x1b[1;34m~\x1b[0m# ",
  "sh-5.2$ ",
  "geeko@web1:~> ",
  "(venv) root@web1:~# ",
];

/** What ends by itself: the prompt comes back. */
const ENDING = [
  "cat crash.txt",
  "sudo -u log cat /var/log/kern.log",
  "tail -50 /var/log/messages",
  "dmesg",
  "dmesg | tail",
  "grep -r panic /var/log",
  "for f in /var/crash/*/dmesg*; do cat $f; done",
  "while sleep 5; do dmesg | tail -3; done",
  "timeout 5 cat /dev/kmsg",
  "zcat /var/log/kern.log.2.gz",
  "systemctl status kdump",
];

/** What stays in the foreground: silence behind it means nothing. */
const STAYING = [
  "less crash.txt",
  "vi crash.txt",
  "nano crash.txt",
  "vim +/panic x.log",
  "tail -f /var/log/kern.log",
  "dmesg -w",
  "journalctl -k",
  "mail",
  "mutt",
  "git log -p",
  "ssh web2",
  "virsh console vm3",
  "xl console guest",
  "qemu-system-x86_64 -nographic -kernel bzImage",
  "docker logs -f c1",
  "kubectl logs -f pod",
  "conman web2",
  "oob attach web2",
  "man panic",
  "watch dmesg",
  "scriptreplay t typescript",
];

const actionOf = (...texts: string[]) => {
  const detector = createDetector(shippedRules);
  for (const text of texts) detector.see(latin1(text), 0);
  return detector.opinion.action;
};

describe.each(Object.entries(CRASHES))("a crash %s that is only shown", (_name, crash) => {
  test.each([...ENDING, ...STAYING])("%s never recovers, at any prompt", (command) => {
    for (const prompt of PROMPTS) {
      const pasted = prompt.includes("2004h") ? "\x1b[?2004l\r" : "";
      const shown = `${prompt}${command}\r\n${pasted}${crash}`;
      expect(actionOf(UP, shown), prompt).not.toBe("recover");
      if (STAYING.includes(command)) expect(actionOf(UP, shown), prompt).not.toBe("confirm");
      expect(actionOf(UP, shown, prompt), prompt).toMatch(/^(?:none|notify)$/);
    }
  });

  test("a prompt of no known form behind it asks for a probe at most", () => {
    for (const prompt of [
      "\xe2\x9e\x9c  ~ ",
      "[web1] 12:08 ok\xc2\xbb ",
      "web1 (prod) ~ \xe2\x9d\xaf ",
      "odd prompt $ ",
    ])
      expect(actionOf(UP, `./show.sh\r\n${crash}${prompt}`), prompt).not.toBe("recover");
  });

  test("what the seat typed at a prompt of no known form tells what runs", () => {
    const detector = createDetector(shippedRules);
    detector.see(latin1(`${UP}odd prompt | `), 0);
    for (const key of "less crash.txt\r") detector.typed(latin1(key));
    detector.see(latin1(`less crash.txt\r\n${crash}`), 0);
    expect(detector.opinion.action).toMatch(/^(?:none|notify)$/);
  });
});

describe("a command line whose beginning was not seen", () => {
  /** A console at which nothing was ever seen to answer; then somebody's shell, from the middle of a line on. */
  const LONG_UP = `${UP.split("\r\n\r\n")[0]}\r\nservice started\r\n`;
  const letGo = (row: string) => `${row}\r\n\x1b[?2004l\r`;

  test.each(Object.entries(CRASHES))("tells that a crash %s is only shown", (_name, crash) => {
    for (const row of [
      "less crash.txt",
      "root@web1:~# less crash.txt",
      `X=${"a".repeat(60)} \rless y`,
    ])
      expect(actionOf(LONG_UP, letGo(row), crash), row).toMatch(/^(?:none|notify)$/);
    expect(actionOf(LONG_UP, letGo("cat crash.txt"), crash)).not.toBe("recover");
  });

  test("is read where a shell of the boot before never let its line go", () => {
    const open = `${UP}root\r\n\x1b[?2004hroot@web1:~# [  950.000000] reboot: Restarting system\r\n`;
    const crash = CRASHES["with stamps"];
    for (const up of [LONG_UP, `\x1bc${LONG_UP}`])
      expect(actionOf(open, up, letGo("less crash.txt"), crash)).toBe("notify");
  });

  test("is read anew where an older one still seems to run", () => {
    const crash = CRASHES["with stamps"];
    expect(actionOf(LONG_UP, letGo("dmesg"), "text\r\n", letGo("less crash.txt"), crash)).toBe(
      "notify",
    );
  });

  test("is read where a kernel's message broke into its prompt, or into the typing", () => {
    const crash = CRASHES["with stamps"];
    const prompt = "\x1b[?2004hroot@web1:~# ";
    for (const open of [
      `${prompt}[  950.000000] eth1: link is up\r\n`,
      `${prompt}\r\nservice started\r\n[  950.000000] eth1: link is up\r\n`,
    ])
      expect(actionOf(LONG_UP, open, letGo("less crash.txt"), crash), open).toBe("notify");
    const typing = `${prompt}le[  950.000000] eth1: link is up\r\n`;
    expect(actionOf(LONG_UP, typing, letGo("ss crash.txt"), crash)).toBe("notify");
    const ran = `${prompt}./deploy.sh[  950.000000] eth1: link is up\r\n`;
    expect(actionOf(LONG_UP, ran, letGo(""), crash)).toBe("recover");
  });

  test("is read behind a prompt that a kernel's message took, where the shell has no such editor", () => {
    for (const prompt of ["root@web1:~# ", "admin@sw1> ", "[root@web1 ~]# "]) {
      const open = `${UP}${prompt}[  950.000000] eth1: link is up\r\n[  951.000000] eth2: link is up\r\n`;
      for (const crash of [CRASHES["with stamps"], CRASHES["without stamps"]])
        for (const command of ["virsh console vm3\r\n", "less crash.txt\r\n", "sudo dmesg -w\r\n"])
          expect(actionOf(open, command, crash), command).toBe("notify");
    }
    const typing = `${UP}root@web1:~# ss[  950.000000] eth1: link is up\r\nh web2\r\n`;
    expect(actionOf(typing, CRASHES["with stamps"])).toBe("notify");
  });

  test("is none: a broadcast behind a prompt that was taken, and what follows a prompt that stands again", () => {
    const crash = CRASHES["with stamps"];
    const open = `${UP}root@web1:~# [  950.000000] eth1: link is up\r\n`;
    const broadcast = "\r\nMessage from syslogd at Nov 22 08:12:08 ...\r\nlast words\r\n";
    expect(actionOf(open, broadcast, crash)).toBe("recover");
    expect(actionOf(open, "\r\nroot@web1:~# ./deploy.sh\r\n", "less is more\r\n", crash)).toBe(
      "recover",
    );
    expect(actionOf(open, "\r\nweb1 login: ", "\r\nless is more\r\n", crash)).toBe("recover");
  });

  test("hides nothing that comes behind a login prompt, or where the row is no program that shows text", () => {
    const panic = CRASHES["with stamps"];
    expect(actionOf(LONG_UP, letGo("less crash.txt"), "\r\nweb1 login: ", panic)).toBe("recover");
    expect(actionOf(LONG_UP, letGo("./deploy.sh"), panic)).toBe("recover");
  });

  test("is the same however bytes are cut", () => {
    const text = `${LONG_UP}${letGo("less crash.txt")}${CRASHES["with stamps"]}`;
    for (const size of [1, 2, 7, 64]) {
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
      expect(actionOf(...pieces), String(size)).toBe("notify");
    }
  });
});

describe("Enter of a probe that nobody echoes", () => {
  /** Its clock stands behind that of the boot before, whose banner was lost. */
  const PANIC = "[   77.736364] Kernel panic - not syncing: panic_on_warn set ...\r\n";
  const actionAfter = (before: string, ...typed: string[]) => {
    const detector = createDetector(shippedRules);
    detector.see(latin1(before), 0);
    for (const keys of typed) detector.typed(latin1(keys));
    detector.see(latin1(PANIC), 0);
    return detector.opinion.action;
  };
  const BOOT = "[    0.000000] Linux version 6.1.0-50-amd64 (x@y) (gcc) #1 SMP\r\n";
  const RAN = `${BOOT}[  173.933772] powernow_k8: not supported\r\nservice started\r\n`;

  test("is no command, with XON before it or without", () => {
    expect(actionAfter(RAN, "\r", "\x11\r", "\r")).toBe("recover");
    expect(actionAfter(RAN, "\r\n")).toBe("recover");
  });

  test("does not start again what was typed before a login prompt came", () => {
    const detector = createDetector(shippedRules);
    detector.typed(latin1("less crash.txt\r"));
    detector.see(latin1("\r\nweb1 login: "), 0);
    detector.typed(latin1("\r"));
    detector.see(latin1(PANIC.replace("   77", " 1077")), 0);
    expect(detector.opinion.action).toBe("recover");
  });

  test("leaves open what was typed before it: a pager takes Enter as well", () => {
    expect(actionAfter(RAN, "less crash.txt\r", "\x11\r", "\r")).toBe("notify");
    expect(actionAfter(RAN, "less cr", "ash.txt\r\r")).toBe("notify");
  });
});

test("what a log daemon wrote asks for a probe at most: a dead kernel has none, or it is another host's", () => {
  expect(actionOf(UP, "web1# ", CRASHES["from syslog"])).not.toBe("recover");
  expect(actionOf(UP, CRASHES["from syslog"])).not.toBe("recover");
  expect(actionOf(UP, CRASHES["with stamps"])).toBe("recover");
});

test("a program that reads an endless device shows nothing: the panic that it caused is the host's own", () => {
  const panic =
    "[ 1234.500000] Kernel panic - not syncing: Out of memory: panic_on_oom is enabled\r\n";
  expect(actionOf(UP, "root@web1:~# tail /dev/zero\r\n", panic)).toBe("recover");
  expect(actionOf(UP, "root@web1:~# tail crash.txt\r\n", panic)).toBe("confirm");
});

describe("a panic whose clock stands behind the host's, as in a virtual machine that was stopped", () => {
  const PANIC = "[   96.396759] Kernel panic - not syncing: Fatal exception\r\n";
  /** It ran for 100 s before its clock stood still; then somebody starts a command. */
  const actionUnder = (command: string) => {
    const detector = createDetector(shippedRules);
    const see = (text: string, second: number) => detector.see(latin1(text), second * 1000);
    see("[    0.000000] Linux version 6.1.0-50-amd64 (x@y) (gcc) #1 SMP\r\n", 0);
    see("[   20.000000] eth0: up\r\n", 20);
    see("\r\nweb1 login: root\r\nPassword: \r\nroot@web1:~# ", 30);
    see(`${command}\r\n${PANIC}`, 1900);
    return detector.opinion.action;
  };

  test("is the host's own under what works on its kernel", () => {
    for (const command of [
      "insmod /lib/modules/nic.ko how=bug",
      "tail /dev/zero",
      "mount /dev/vdb /mnt",
      "echo 1 > /proc/sys/kernel/softlockup_panic",
    ])
      expect(actionUnder(command), command).toBe("recover");
  });

  test("is nobody's under what may show another kernel's words", () => {
    for (const command of ["./start-vm web3", "./bmc-console web9", "insmod x.ko; ./start-vm"])
      expect(actionUnder(command), command).toBe("notify");
  });
});

test("systemd that tells all it does is no shell: what stands behind its arrows is no command", () => {
  const changed = "serial-getty@ttyS0.service: Changed dead -> running\r\n";
  const panic = "Kernel panic - not syncing: panic_on_warn set ...\r\n";
  expect(actionOf(UP.split("\r\n\r\n")[0] ?? "", "\r\n", changed, panic)).toBe("confirm");
  const dead = "[  950.000000] Kernel panic - not syncing: Fatal exception\r\n";
  expect(actionOf(dead, changed)).toBe("recover");
});
