import { describe, expect, it } from "vitest";
import {
  LOGIN_PROMPT,
  MAINTENANCE_PROMPT,
  PASSWORD_PROMPT,
  SHELL_PROMPT,
} from "../../src/sdk/prompts.ts";

const CHATTER = "[   21.536024] kvm: Nested Virtualization enabled\n";

// Taken from recordings of Debian 12 and of a busybox host.
const SEEN: readonly (readonly [RegExp, string])[] = [
  [LOGIN_PROMPT, "Debian GNU/Linux 12 deb1 ttyS0\n\ndeb1 login: "],
  [PASSWORD_PROMPT, "web1 login: root\nPassword: "],
  [MAINTENANCE_PROMPT, "Give root password for maintenance\n(or press Control-D to continue): "],
  [
    MAINTENANCE_PROMPT,
    "Give root password for system maintenance\n(or type Control-D for normal startup):",
  ],
  [SHELL_PROMPT, "root@deb1:~# "],
  [SHELL_PROMPT, "\n/ # "],
];

describe("prompts", () => {
  it.each(SEEN)("%s knows %j, alone and with kernel messages behind it", (pattern, text) => {
    expect(pattern.test(text)).toBe(true);
    expect(pattern.test(text + CHATTER)).toBe(true);
    expect(pattern.test(text + CHATTER + CHATTER)).toBe(true);
  });

  it.each([
    [LOGIN_PROMPT, "Last login: "],
    [LOGIN_PROMPT, "web1 login: root\n"],
    [LOGIN_PROMPT, "web1 login: \nroot"],
    [PASSWORD_PROMPT, "Password: \n"],
    [SHELL_PROMPT, "root@deb1:~# rm -rf /va"],
    [MAINTENANCE_PROMPT, `Give root password for ${"x".repeat(80)}`],
  ])("%s does not take %j for one", (pattern, text) => {
    expect(pattern.test(text)).toBe(false);
  });

  it("4 KiB of hostile text, as much as they are tried on, cost little time", () => {
    const lines = "[    1.000000] login: [    1.000000] # Password: \n".repeat(82);
    const began = performance.now();
    for (const [pattern] of SEEN) pattern.test(`${lines}x`);
    expect(performance.now() - began).toBeLessThan(100);
  });
});
