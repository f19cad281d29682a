import { describe, expect, it } from "vitest";
import { MAX_QMP_LINE_BYTES, QmpCodec } from "../../src/codec/qmp.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { GREETING, qmpSubject } from "../fuzz/qmp.ts";
import { testLaws } from "./laws.ts";

const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

testLaws("QmpCodec", qmpSubject);

describe("QmpCodec", () => {
  it("answers the greeting and says when it is ready", () => {
    const codec = new QmpCodec();
    expect(codec.receive(utf8(GREETING))).toEqual([{ is: "greeting", version: "7.2.22" }]);
    expect(text(codec.takeOutput())).toBe('{"execute":"qmp_capabilities","id":0}\n');
    expect(codec.receive(utf8('{"return": {}, "id": 0}\r\n'))).toEqual([{ is: "ready" }]);
    expect(codec.takeOutput()).toHaveLength(0);
  });

  it("gives replies the id of their command, with events between", () => {
    const codec = new QmpCodec();
    const first = codec.execute("query-status");
    const second = codec.execute("chardev-send-break", { id: "con" });
    expect(text(codec.takeOutput())).toBe(
      `{"execute":"query-status","id":${first}}\n{"execute":"chardev-send-break","id":${second},"arguments":{"id":"con"}}\n`,
    );
    const events = codec.receive(
      utf8(
        `{"event": "STOP"}\r\n{"error": {"class": "GenericError", "desc": "no"}, "id": ${second}}\r\n{"return": {"status": "paused"}, "id": ${first}}\r\n`,
      ),
    );
    expect(events).toEqual([
      { is: "event", name: "STOP", data: {} },
      { is: "error", id: second, class: "GenericError", description: "no" },
      { is: "return", id: first, value: { status: "paused" } },
    ]);
  });

  it("skips a line without end and goes on with the next", () => {
    const codec = new QmpCodec();
    const events = codec.receive(
      utf8(`{"return": "${"x".repeat(MAX_QMP_LINE_BYTES)}"}\n{"event": "RESET"}\n`),
    );
    expect(events.map((event) => event.is)).toEqual(["violation", "event"]);
  });

  it.each(["no json", "[1]", "7", '{"id": 3}', '{"return": {}, "id": "x"}', "[".repeat(100_000)])(
    "tells nonsense as a violation: %.20s",
    (line) => {
      const events = new QmpCodec().receive(utf8(`${line}\n`));
      expect(events.map((event) => event.is)).toEqual(["violation"]);
    },
  );
});
