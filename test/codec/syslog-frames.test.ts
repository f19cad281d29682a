import { describe, expect, it } from "vitest";
import {
  MAX_FRAME_BYTES,
  type SyslogFrameEvent,
  SyslogFrames,
} from "../../src/codec/syslog-frames.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { type Subject, testLaws } from "./laws.ts";

const receive = (text: string) => new SyslogFrames().receive(utf8(text));
const subject: Subject<SyslogFrames, SyslogFrameEvent> = {
  make: () => new SyslogFrames(),
  feed: (frames, bytes) => frames.receive(bytes),
  join: (events) => events,
  held: (frames) => frames.held,
  bound: MAX_FRAME_BYTES,
  words: ["5 hello", "12 <29>1 - - - -", "8192 ", "3 é.", "0 ", "99999999 ", "<13>plain\n"].map(
    utf8,
  ),
};

describe("SyslogFrames", () => {
  testLaws("syslog frames", subject);

  it("counts octets, not characters", () => {
    expect(receive("5 hello4 é!!2 ab")).toEqual([
      { is: "message", text: "hello" },
      { is: "message", text: "é!!" },
      { is: "message", text: "ab" },
    ]);
  });

  it.each([
    ["<13>no count\n", "octets are not counted"],
    ["0 ", "octets are not counted"],
    ["05 hello", "octets are not counted"],
    ["8193 x", "a frame is too long"],
  ])("tells once that %j is no frame, and passes over the rest", (text, why) => {
    expect(receive(`2 ok${text}2 no`)).toEqual([
      { is: "message", text: "ok" },
      { is: "violation", why },
    ]);
  });
});
