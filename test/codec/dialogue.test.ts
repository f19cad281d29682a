import { describe, expect, it } from "vitest";
import { Dialogue, MAX_DIALOGUE_MOVES, MAX_STEP_BYTES } from "../../src/codec/dialogue.ts";
import type { DialogueEvent, DialogueSteps } from "../../src/codec/dialogue-steps.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { dialogueSubject, STEPS, VALUES } from "../fuzz/dialogue.ts";
import { testLaws } from "./laws.ts";

const decoder = new TextDecoder();

/** A dialogue that is fed with text; what it typed, and what it told. */
class Talk {
  readonly dialogue: Dialogue;
  readonly events: DialogueEvent[] = [];

  constructor(steps: DialogueSteps = STEPS, first = "name", values = VALUES) {
    this.dialogue = new Dialogue(steps, first, values);
  }

  /** The device says something. */
  hears(text: string): this {
    const bytes = utf8(text);
    this.events.push(...structuredClone(this.dialogue.receive(bytes)));
    // Whoever reads the wire uses his array again.
    bytes.fill(0x55);
    return this;
  }

  /** …and waits. */
  prompt(text: string): this {
    this.hears(text).events.push(...this.dialogue.settled());
    return this;
  }

  get typed(): string {
    return decoder.decode(this.dialogue.takeOutput());
  }

  get data(): string {
    return this.events
      .map((event) => (event.is === "data" ? decoder.decode(event.bytes) : ""))
      .join("");
  }

  get failure() {
    return this.events.find((event) => event.is === "failed");
  }
}

const loggedIn = () => {
  const talk = new Talk().prompt("login: ").prompt("oob\r\nPassword: ");
  expect(talk.typed).toBe("oob\rs3cret\r");
  return talk;
};

testLaws("dialogue", dialogueSubject);

describe("Dialogue", () => {
  it("logs in, finds the port by its name, and gives out what came behind the last line", () => {
    const talk = loggedIn().hears("\r\n").hears(" 1 db1   2 web1\r\n").prompt("choose> ");
    expect(talk.typed).toBe("2\r");
    talk.hears("2\r\nconnected\r\nweb1 log").hears("in: ");
    expect(talk.dialogue.over).toBe("done");
    expect(talk.data).toBe("web1 login: ");
  });

  it("takes a prompt for one only where it ends what is said", () => {
    const talk = new Talk().hears("Last login: Mon from 10.0.0.1\r\n").prompt("Motd of the day");
    expect(talk.typed).toBe("");
    expect(talk.prompt("\r\ncs1 login: ").typed).toBe("oob\r");
  });

  it("does not answer a prompt twice that just stands there", () => {
    const talk = new Talk().prompt("login: ");
    expect(talk.typed).toBe("oob\r");
    expect(talk.prompt("").prompt("").typed).toBe("");
  });

  it("never matches the echo of what it typed, whole, in part, or behind a prompt drawn again", () => {
    const steps: DialogueSteps = {
      ask: { expect: [{ prompt: /> $/, send: "connected port 3> \r", go: "open" }] },
      open: {
        expect: [
          { line: /connected/, done: true },
          { prompt: /> $/, done: true },
        ],
      },
    };
    for (const prompt of ["", "cs1> "]) {
      const talk = new Talk(steps, "ask").prompt("cs1> ");
      talk.prompt(`${prompt}conne`).prompt("cted port 3> ");
      expect(talk.dialogue.over).toBeUndefined();
      talk.hears("\r\n");
      expect(talk.dialogue.over).toBeUndefined();
      expect(talk.hears("connected\r\n").dialogue.over).toBe("done");
      expect(talk.data).toBe("");
    }
  });

  it("lets escape sequences, overwriting and broken text stand around what it looks for", () => {
    const talk = new Talk().prompt(
      "\x1b[2J\x1b[1;1H\x1b]0;title\x07xx\r\x1b[Kcs1 lox\bgin: \x1b[m",
    );
    expect(talk.typed).toBe("oob\r");
  });

  it("tells what was captured, line by line", () => {
    const talk = loggedIn().hears("\r\n1 On\r\n2 Off\r\n12 On\r\n");
    expect(talk.events.filter(({ is }) => is === "captured")).toEqual([
      { is: "captured", values: { outlet: "1", state: "On" } },
      { is: "captured", values: { outlet: "2", state: "Off" } },
      { is: "captured", values: { outlet: "12", state: "On" } },
    ]);
  });

  it("fails with the code, and with what the device said in the reason", () => {
    expect(loggedIn().hears("\r\nport busy by jana\r\n").failure).toMatchObject({
      code: "PORT_BUSY",
      why: "jana is",
    });
    expect(loggedIn().prompt("\r\nchoose> ").failure).toMatchObject({ why: 'no port "web1"' });
  });

  it("shows no secret: not in a reason, not in what was captured", () => {
    const steps: DialogueSteps = {
      ask: {
        expect: [
          { line: /^got (?<what>\w{1,20})/ },
          { line: /incorrect/, fail: { code: "LOGIN_REFUSED", why: '"{last}" {what}' } },
        ],
      },
    };
    const talk = new Talk(steps, "ask").hears("got s3cret\r\ns3cret is incorrect\r\n");
    expect(talk.failure).toMatchObject({ why: '"***** is incorrect" *****' });
    expect(JSON.stringify(talk.events)).not.toContain("s3cret");
    expect(talk.dialogue.lastText).not.toContain("s3cret");
  });

  it("fills in a value once: what the device names is no template", () => {
    const talk = new Talk().hears("hello oob\r\n");
    expect(talk.typed).toBe("hi oob\r");
    const steps: DialogueSteps = {
      ask: { expect: [{ line: /^say (?<what>[^ ]{1,20})$/, send: "{what}\r" }] },
    };
    expect(new Talk(steps, "ask").hears("say {password}\r\n").typed).toBe("{password}\r");
  });

  it("fails where it is asked for what it was not given", () => {
    const none = { values: new Map<string, string>(), secret: new Set<string>() };
    const talk = new Talk(STEPS, "name", none).prompt("cs1 login: ");
    expect(talk.failure).toMatchObject({
      code: "LOGIN_REFUSED",
      why: 'it asks for a user ("cs1 login:"), and none is given',
    });
    expect(talk.typed).toBe("");
  });

  it("expired(): does what the step says; done gives out all that came, but no echo", () => {
    const talk = new Talk();
    talk.events.push(...talk.dialogue.expired());
    expect(talk.typed).toBe("\r");
    expect(talk.dialogue.step).toBe("name again");
    const open = loggedIn()
      .hears("\r\n2 web1\r\n")
      .prompt("choose> ")
      .hears("2\r\nkernel: hi\r\nweb1 lo");
    open.events.push(...open.dialogue.expired());
    expect(open.dialogue.over).toBe("done");
    expect(open.data).toBe("kernel: hi\r\nweb1 lo");
    expect(open.hears("gin: ").data).toBe("kernel: hi\r\nweb1 login: ");
  });

  it("expired(): fails with the last that came, where the step says nothing", () => {
    const talk = loggedIn().hears("\r\nwhat now\x1b]0;x\r\n");
    talk.events.push(...talk.dialogue.expired());
    expect(talk.failure?.why).toBe(
      'no answer that is understood: the last that came was "what now"',
    );
  });

  it("ended(): what stands there unfinished still counts, then it hung up", () => {
    const refused = loggedIn().hears("\r\nbusy by bob");
    refused.events.push(...refused.dialogue.ended());
    expect(refused.failure).toMatchObject({ code: "PORT_BUSY", why: "bob is" });
    const cut = loggedIn().hears("\r\nGood bye");
    cut.events.push(...cut.dialogue.ended());
    expect(cut.failure).toMatchObject({ why: 'it hung up after "Good bye"' });
  });

  it(`gives up on ${MAX_STEP_BYTES} bytes that say nothing, and on circles`, () => {
    const noise = "x".repeat(70).concat("\r\n").repeat(2000);
    expect(loggedIn().hears(noise).failure?.why).toContain("no answer that is understood");
    const circle = new Talk();
    for (let i = 0; i <= MAX_DIALOGUE_MOVES; i++) circle.hears("hello jana\r\n");
    expect(circle.failure?.why).toContain("round in a circle");
  });

  it("a flood where the step ends in silence is the host's, byte for byte", () => {
    const flood = "y".repeat(100).concat("\r\n").repeat(3000);
    const talk = loggedIn().hears("\r\n2 web1\r\n").prompt("choose> ").hears(`2\r\n${flood}`);
    expect(talk.dialogue.over).toBe("done");
    expect(talk.data).toBe(flood);
  });
});
