import { Dialogue, MAX_STEP_BYTES } from "../../src/codec/dialogue.ts";
import type { DialogueEvent, DialogueSteps } from "../../src/codec/dialogue-steps.ts";
import { MAX_PROMPT_BYTES, PromptWatch } from "../../src/codec/prompt-watch.ts";
import { MAX_LINE_BYTES } from "../../src/codec/text-lines.ts";
import { concatBytes, utf8 } from "../../src/lib/bytes.ts";
import { joinBytes, type Subject } from "../codec/subject.ts";
import { codecTarget, type FuzzTarget } from "./fuzz-target.ts";

/** A login, a menu and a table, with every kind of move in them. */
export const STEPS: DialogueSteps = {
  name: {
    expect: [
      { prompt: /login: ?$/, send: "{user}\r", go: "password" },
      { line: /^hello (?<who>\w{1,20})/, send: "hi {who}\r" },
      { line: /^skip$/, go: "menu" },
    ],
    within: 1000,
    otherwise: { send: "\r", go: "name again" },
  },
  "name again": { expect: [{ prompt: /login: ?$/, send: "{user}\r", go: "password" }] },
  password: {
    expect: [
      { prompt: /Password: ?$/, send: "{password}\r", go: "menu" },
      { line: /incorrect/, fail: { code: "LOGIN_REFUSED", why: 'it says "{last}"' } },
    ],
  },
  menu: {
    expect: [
      { line: /(?<number>\d{1,2}) (?<name>\w{1,10})/, where: { name: "port" } },
      { line: /^(?<outlet>\d{1,2})\s(?<state>On|Off)$/ },
      {
        line: /busy by (?<who>\w{1,10})/,
        fail: { code: "PORT_BUSY", why: "{who|somebody} {x|is}" },
      },
      { prompt: /choose> ?$/, only: "number", send: "{number}\r", go: "open" },
      { prompt: /choose> ?$/, fail: { code: "LINK_REFUSED", why: 'no port "{port}"' } },
      { line: /^connected$/, done: true },
      { line: /^#/, done: true, keep: true },
    ],
  },
  open: {
    expect: [{ line: /^connected/, done: true }],
    within: 2000,
    otherwise: { done: true },
  },
};

/** What its templates name. */
export const VALUES = {
  values: new Map([
    ["user", "oob"],
    ["password", "s3cret"],
    ["port", "web1"],
  ]),
  secret: new Set(["password"]),
};

/** A dialogue under the three laws. */
export const dialogueSubject: Subject<Dialogue, DialogueEvent> = {
  make: () => new Dialogue(STEPS, "name", VALUES),
  feed: (dialogue, bytes) => {
    const events = dialogue.receive(bytes);
    dialogue.takeOutput();
    return events;
  },
  join: joinBytes<DialogueEvent>("data"),
  held: (dialogue) => dialogue.held,
  bound: MAX_STEP_BYTES + 2 * MAX_LINE_BYTES,
  words: [
    ..."login: |Password: |choose> |hello jana|hi jana|skip|incorrect|1 web1 2 db1|3 On|busy by bob"
      .split("|")
      .map(utf8),
    ..."connected|#|s3cret|\r\n|\r|\n|\b|\x1b[2J|\x1b]0;t\x07|\x1b[K|{user}|ů|\0"
      .split("|")
      .map(utf8),
  ],
};

const laws = codecTarget(dialogueSubject);

const target: FuzzTarget = {
  seeds: dialogueSubject.words,
  run(input) {
    laws.run(input);
    // Pauses and time-outs at places that the input chooses: no secret is told, and nothing is lost once it is through.
    const dialogue = new Dialogue(STEPS, "name", VALUES);
    const sent: Uint8Array[] = [];
    const told: unknown[] = [];
    for (let at = 0; at < input.length; at += 1 + ((input[at] ?? 0) & 15)) {
      told.push(...dialogue.receive(input.slice(at, at + 1 + ((input[at] ?? 0) & 15))));
      const pause = (input[at] ?? 0) & 0x70;
      if (pause > 0x30) told.push(...dialogue.settled());
      if (pause === 0x20) told.push(...dialogue.expired());
      sent.push(dialogue.takeOutput());
    }
    told.push(...dialogue.ended());
    const shown = (told as DialogueEvent[]).filter(({ is }) => is !== "data");
    if (JSON.stringify(shown).includes("s3cret")) throw new Error("tells the password");
    const typed = concatBytes(sent);
    if (typed.length > 4096) throw new Error(`types ${typed.length} bytes`);
    const watch = new PromptWatch(["[root@cs1 /]# ", "choose> "], /choose|@/);
    watch.see(input);
    if (watch.held > MAX_PROMPT_BYTES) throw new Error("keeps more than a prompt");
  },
};
export default target;
