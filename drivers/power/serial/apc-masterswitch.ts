import type { DialogueCase } from "oob/codec/dialogue-steps";
import { declined, defineSerialPdu, refusedCommand, withLogin } from "oob/sdk";

const PROMPT = /^>[ \t]{0,3}$/;
const CONTINUE = /(?:^|[ \t])to continue[ .]{0,6}$/i;
/** "Enter 'YES' to continue or <ENTER> to cancel : " */
const CONFIRM = /YES[^:]{0,50}to cancel ?:[ \t]{0,3}$/i;
const ESC = "\x1b";

/** " 2- web1              ON": a name, two blanks, the state. An asterisk: a command is pending. */
const ROW: DialogueCase = {
  line: /^[ \t]{0,12}(?<outlet>\d{1,2})-(?:[ \t]{1,3}(?<name>\S(?: ?\S){0,40}))?[ \t]{2,60}(?<state>[A-Z]{2,8})[ \t]?(?<busy>\*)?[ \t]{0,9}$/,
};
/** At the list of outlets. */
const LIST: readonly DialogueCase[] = [
  ROW,
  { prompt: CONTINUE, send: "\r" },
  { prompt: PROMPT, only: ["table", "state"], done: true },
  { prompt: PROMPT, only: ["command", "state"], send: "{outlet}\r", go: "outlet" },
  // On the way out; or an outlet's menu, whose title is what a person called it.
  { prompt: PROMPT, send: ESC, go: "ready" },
];
/** Menus below say which outlet they are about. */
const WHICH: readonly DialogueCase[] = [
  { line: /^[ \t]{0,20}Outlet[ \t]{0,12}: ?(?<asked>\d{1,2})\b/i, where: { asked: "outlet" } },
  { line: /^[ \t]{0,20}Outlet[ \t]{0,12}: ?(?<other>\d{1,2})\b/i },
  { prompt: PROMPT, only: "other", send: ESC, go: "declined" },
];

export default defineSerialPdu({
  summary:
    "APC MasterSwitch, MasterSwitch plus, AP78xx and AP79xx: the menus of their control console",
  sources: [
    "APC Switched Rack PDU User's Guide (AP7900), Control Console: Device Manager, Outlet Control, Yes to confirm, control actions",
    "APC MasterSwitch plus User's Guide AP9225; recorded menus of AOS v3 (Device Manager, Outlet Management, Control Outlet)",
    "powerman apc.dev (AOS v2.5.4), apcnew.dev (v3.0.3), apc7900.dev (v2.7.0), apc7900v3.dev (v3.7.0), apcpdu.dev, apcpdu3.dev: 24 outlets, Press <ENTER> to continue",
  ],
  // Numbers of menus differ between firmwares: each is read off the screen before it is typed.
  steps: withLogin("ready", {
    // Wherever somebody left it: up to the first menu, by ESC. What waits for YES gets Enter, which cancels.
    ready: {
      expect: [
        {
          line: /^[ \t]{0,20}-{3,40} ?Outlet Control\/Configuration ?-{3,80}[ \t]{0,9}$/i,
          go: "list",
        },
        { line: /^[ \t]{0,20}-{3,40} ?Control Console ?-{3,80}[ \t]{0,9}$/i, go: "main" },
        { prompt: CONTINUE, send: "\r" },
        { prompt: CONFIRM, send: "\r" },
        { prompt: PROMPT, send: ESC },
      ],
    },
    main: {
      expect: [
        { line: /^[ \t]{0,12}(?<manager>\d)- (?:Device|Outlet) Manager\b/i },
        { line: /^[ \t]{0,12}(?<bye>\d)- Logout\b/i },
        { prompt: CONTINUE, send: "\r" },
        { prompt: PROMPT, only: ["leave", "bye"], send: "{bye}\r", done: true },
        { prompt: PROMPT, only: "manager", send: "{manager}\r", go: "manager" },
        // An outlet of that name has a menu of that title.
        { prompt: PROMPT, send: ESC, go: "ready" },
      ],
    },
    manager: {
      expect: [
        { line: /^[ \t]{0,12}(?<management>\d)- Outlet Management\b/i },
        { line: /^[ \t]{0,12}(?<control>\d)- Outlet Control\b/i },
        { line: /^[ \t]{0,12}(?<plus>1)- MasterSwitch plus\b/i },
        { prompt: PROMPT, only: "management", send: "{management}\r", go: "management" },
        { prompt: PROMPT, only: "control", send: "{control}\r", go: "list" },
        { prompt: PROMPT, only: "plus", send: "{plus}\r", go: "list" },
        ...LIST,
      ],
    },
    management: {
      expect: [
        { line: /^[ \t]{0,12}(?<control>\d)- Outlet Control\b/i },
        { prompt: CONTINUE, send: "\r" },
        { prompt: PROMPT, only: "control", send: "{control}\r", go: "list" },
      ],
    },
    list: { expect: LIST },
    outlet: {
      expect: [
        ...WHICH,
        { line: /^[ \t]{0,12}(?<choice>\d)- (?:Control Outlet|Outlet Control)\b/i },
        { prompt: CONTINUE, send: "\r" },
        { prompt: PROMPT, only: "choice", send: "{choice}\r", go: "control" },
      ],
    },
    control: {
      expect: [
        ...WHICH,
        { line: /^[ \t]{0,12}(?<onkey>\d)- (?:Immediate|Turn) On\b/i },
        { line: /^[ \t]{0,12}(?<offkey>\d)- (?:Immediate|Turn) Off\b/i },
        { prompt: CONTINUE, send: "\r" },
        { prompt: PROMPT, only: ["on", "onkey"], send: "{onkey}\r", go: "typed" },
        { prompt: PROMPT, only: ["off", "offkey"], send: "{offkey}\r", go: "typed" },
      ],
    },
    typed: {
      expect: [
        // The number stands before the name, which is in quotes and may say anything.
        { line: /^[^']{0,80}\boutlet (?<asked>\d{1,2})\b/i, where: { asked: "outlet" } },
        { line: /^[^']{0,80}\boutlet (?<other>\d{1,2})\b/i },
        { line: /^[ \t-]{0,30}Immediate (?<verb>On|Off)\b/i, where: { verb: "turn" } },
        { line: /^[ \t-]{0,30}Immediate (?<other>On|Off|Reboot)\b/i },
        { prompt: CONFIRM, only: "other", send: "\r", go: "declined" },
        { prompt: CONFIRM, send: "YES\r", go: "answered" },
        { prompt: PROMPT, fail: { ...refusedCommand, why: "it did not ask to confirm: {last}" } },
      ],
    },
    answered: {
      expect: [
        {
          line: /^[^a-z\d]{0,5}(?:fail|error|invalid|denied|unable|not |command[^.]{0,20}(?:fail|not|cancel))/i,
          fail: refusedCommand,
        },
        { prompt: CONTINUE, send: "\r" },
        { prompt: PROMPT, done: true },
      ],
      // The oldest say Success and wait for Enter without saying so.
      silence: 5000,
      otherwise: { send: "\r", go: "after" },
    },
    after: {
      expect: [
        { prompt: CONTINUE, send: "\r" },
        { prompt: PROMPT, done: true },
      ],
    },
    declined: declined(PROMPT),
  }),
  opens: "listen",
  begins: "again",
  typed: "typed",
  turn: { on: "On", off: "Off" },
  states: { on: ["on"], off: ["off"] },
  leaves: true,
  settle: 10_000,
});
