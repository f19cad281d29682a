import { defineMenuProfile, logIn } from "oob/sdk";

const USER = /^[\w.()-]{1,64}> ?$/;
const PRIVILEGED = /^[\w.()-]{1,64}# ?$/;
const PASSWORD = /^ ?password: ?$/i;

const CLEAR = { send: "clear line {number}\r", go: "clear" } as const;
const refused = {
  code: "LOGIN_REFUSED",
  why: `it does not give the privileged level: "{last}"`,
  hint: "Check the secret under enable: in the entry",
} as const;

export default defineMenuProfile({
  summary: "Cisco IOS as a terminal server: reverse telnet, and clear line where one is busy",
  sources: [
    "Cisco IOS Dial Services Configuration Guide, Establishing a Reverse Telnet Session: TCP port 2000 and the line number",
    "Cisco IOS Terminal Services Command Reference: clear line, [confirm], [OK]",
  ],
  ports: "the number of the line, as `show line` counts (tty)",
  steps: logIn("exec", {
    // A line with a login of its own cannot be told from its host's prompt: nothing is sent on it, people answer.
    open: { expect: [], within: 0, otherwise: { done: true } },
    exec: {
      expect: [
        { prompt: PRIVILEGED, ...CLEAR },
        { prompt: USER, send: "enable\r", go: "enable" },
      ],
    },
    enable: {
      expect: [
        { prompt: PASSWORD, send: "{enable}\r", go: "enabled" },
        { prompt: PRIVILEGED, ...CLEAR },
        { line: /^% /, fail: refused },
      ],
    },
    enabled: {
      expect: [
        { prompt: PRIVILEGED, ...CLEAR },
        { line: /^% /, fail: refused },
        { prompt: PASSWORD, fail: refused },
        { prompt: USER, fail: refused },
      ],
    },
    clear: {
      expect: [
        { prompt: /\[confirm\] ?$/, send: "\r" },
        { line: /\[OK\]/, send: "exit\r", done: true },
        {
          line: /^ ?% ?/,
          fail: { code: "LINK_REFUSED", why: 'it does not clear the line: "{last}"' },
        },
        { prompt: PRIVILEGED, send: "exit\r", done: true },
      ],
    },
  }),
  enter: "open",
  reverse: { base: 2000, clear: "wait" },
});
