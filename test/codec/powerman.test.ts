import { describe, expect, it } from "vitest";
import { MAX_POWERMAN_LINE_BYTES, PowermanCodec } from "../../src/codec/powerman.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { testLaws } from "./laws.ts";
import { POWERMAN_LINES, powermanSubject } from "./powerman-subject.ts";

testLaws("PowermanCodec", powermanSubject);

const said = (text: string) => new PowermanCodec().receive(utf8(text));

describe("PowermanCodec", () => {
  it("reads what powermand 2.3.27 says, prompts taken off", () => {
    expect(said(POWERMAN_LINES.join(""))).toEqual([
      { is: "hello", version: "2.3.27" },
      { is: "end", code: 105, text: "Hostrange expansion ON" },
      { is: "node", name: "web1", state: "on" },
      { is: "node", name: "web2", state: "unknown" },
      { is: "trouble", text: "b: connect timeout" },
      { is: "end", code: 211, text: "Query completed with errors" },
      { is: "end", code: 209, text: "No such nodes: nope" },
    ]);
  });

  it.each(["On", "online", "onoff", "offline", "ON"])("takes the state %s for unknown", (word) => {
    expect(said(`303 web1: ${word}\r\n`)).toEqual([{ is: "node", name: "web1", state: "unknown" }]);
  });

  it.each(["303 web1:on", "303 web1: on off", "303 : on", "SSH-2.0-x", "30 web1: on"])(
    "takes %j for no state",
    (line) => {
      expect(said(`${line}\r\n`)).toMatchObject([{ is: "violation" }]);
    },
  );

  it("skips a line that is too long, and goes on behind it", () => {
    const long = "x".repeat(MAX_POWERMAN_LINE_BYTES + 1);
    expect(said(`303 web1: on${long}\n303 web2: off\n`)).toEqual([
      { is: "violation", what: "a line that is too long" },
      { is: "node", name: "web2", state: "off" },
    ]);
  });

  it("asks line by line", () => {
    const codec = new PowermanCodec();
    codec.ask("status", "web1");
    expect(new TextDecoder().decode(codec.takeOutput())).toBe("status web1\r\n");
    expect(codec.takeOutput()).toHaveLength(0);
  });
});
