import { describe, expect, it } from "vitest";
import { ESCAPE_MENU_TIMEOUT, type EscapeEvent, EscapeKeys } from "../../src/codec/escape-keys.ts";
import { ESCAPE_PROFILES, escapeProfile } from "../../src/codec/escape-profile.ts";
import { concatBytes, latin1 } from "../../src/lib/bytes.ts";
import { escapeSubject } from "./escape-subject.ts";
import { testLaws } from "./laws.ts";

function keysOf(name: string): EscapeKeys {
  const profile = escapeProfile(name);
  if (!profile) throw new Error(`no profile "${name}"`);
  return new EscapeKeys(profile);
}
const sentOf = (events: readonly EscapeEvent[]): string =>
  String.fromCharCode(
    ...concatBytes(events.flatMap((event) => (event.is === "bytes" ? [event.bytes] : []))),
  );
const type = (name: string, text: string): EscapeEvent[] => keysOf(name).receive(latin1(text), 0);
/** Kinds of events, data left out. */
const acts = (name: string, text: string): string[] =>
  type(name, text).flatMap((event) => (event.is === "bytes" ? [] : [event.is]));

for (const profile of ESCAPE_PROFILES)
  testLaws(`EscapeKeys ${profile.name}`, escapeSubject(profile));

describe("EscapeKeys ^]", () => {
  it.each([
    [".", "leave"],
    ["\x04", "leave"],
    ["?", "help"],
    ["b", "break"],
    ["r", "readOnly"],
    ["a", "write"],
    ["f", "force"],
    ["j", "join"],
    ["w", "who"],
    ["l", "repaint"],
    ["h", "replay"],
    ["m", "message"],
    ["o", "reopen"],
    ["n", "note"],
    ["p", "power"],
    ["z", "size"],
  ])("^] %j is %s and reaches nobody else", (key, action) => {
    const events = type("^]", `ls\x1d${key}x`);
    expect(events.map((event) => event.is)).toEqual(["bytes", "menu", action, "bytes"]);
    expect(sentOf(events)).toBe("lsx");
  });

  it("^] ^] sends one", () => {
    expect(sentOf(type("^]", "a\x1d\x1db"))).toBe("a\x1db");
  });

  it("^] q h is SysRq h, and ESC gives it up", () => {
    expect(type("^]", "\x1dqh")).toEqual([
      { is: "menu" },
      { is: "sysrqMenu" },
      { is: "sysrq", key: 0x68 },
    ]);
    expect(acts("^]", "\x1dq\x1b")).toEqual(["menu", "sysrqMenu", "menuClosed"]);
  });

  it("an unknown key closes the menu and is not sent", () => {
    const events = type("^]", "\x1d!x");
    expect(events[1]).toEqual({ is: "menuClosed", unknown: 0x21 });
    expect(sentOf(events)).toBe("x");
  });

  it("the menu closes after 3 s, and not before", () => {
    const keys = keysOf("^]");
    keys.receive(latin1("\x1d"), 1000);
    expect(keys.nextTick).toBe(1000 + ESCAPE_MENU_TIMEOUT);
    expect(keys.tick(3999)).toEqual([]);
    expect(keys.tick(4000)).toEqual([{ is: "menuClosed" }]);
    expect(keys.nextTick).toBeUndefined();
    expect(sentOf(keys.receive(latin1("."), 4001))).toBe(".");
  });

  it("keys that come after the time are text even if nobody ticked", () => {
    const keys = keysOf("^]");
    keys.receive(latin1("\x1d"), 0);
    expect(sentOf(keys.receive(latin1("."), 60_000))).toBe(".");
  });
});

describe("EscapeKeys with other habits", () => {
  it("^Ec: conserver's letters", () => {
    expect(acts("^Ec", "\x05c.")).toEqual(["menu", "leave"]);
    expect(acts("^Ec", "\x05cl0\x05cs\x05cf\x05cw")).toEqual([
      ..."menu break menu readOnly menu force menu who".split(" "),
    ]);
    expect(acts("^Ec", "\x05cl~")).toEqual(["menu", "menuClosed"]);
  });

  // As "^Ec?" of conserver-server 8.2.7 lists them.
  it("^Ec: knows every letter of conserver's own help, and says so of those that it does not have", () => {
    const here = { a: "write", b: "message", f: "force", h: "help", n: "note", o: "reopen" };
    const more = {
      p: "replay",
      r: "replay",
      s: "readOnly",
      w: "who",
      "!": "power",
      "\x12": "replay",
    };
    for (const [key, action] of Object.entries({ ...here, ...more }))
      expect([key, acts("^Ec", `\x05c${key}`)]).toEqual([key, ["menu", action]]);
    for (const key of ";cdegiLmPRuvxz\x1a|\\") {
      const events = type("^Ec", `\x05c${key}`);
      expect([key, events.map((event) => event.is)]).toEqual([key, ["menu", "absent"]]);
      expect(events[1]).toMatchObject({ key: { says: expect.stringMatching(/\w{4}/) } });
    }
    for (const key of "\r ") expect(acts("^Ec", `\x05c${key}`)).toEqual(["menu", "menuClosed"]);
  });

  it("^Ec l0 to l4 are conserver's break sequences, l? lists them, others are not defined", () => {
    expect(acts("^Ec", "\x05cl0\x05cl1\x05cl?")).toEqual(
      "menu break menu break menu breakList".split(" "),
    );
    const pieces = (slot: number) =>
      type("^Ec", `\x05cl${slot}`).flatMap((event) =>
        event.is === "sequence" ? [event.key.pieces] : [],
      );
    expect([2, 3, 4].flatMap(pieces)).toEqual([["\r~\x02"], ["#."], ["\r", "~", "\x02"]]);
    expect(acts("^Ec", "\x05cl5\x05clz")).toEqual("menu absent menu absent".split(" "));
  });

  it("keys that belong to an absent one do not reach the host: ^Ec e takes two, ^Ec \\ three, ~! a line", () => {
    expect(sentOf(type("^Ec", "\x05ce\x01bx"))).toBe("x");
    expect(sentOf(type("^Ec", "\x05c\\101x"))).toBe("x");
    expect(sentOf(type("~", "~!rm -rf /\rls\r"))).toBe("ls\r");
    const keys = keysOf("^Ec");
    keys.receive(latin1("\x05ce"), 0);
    expect(keys.tick(ESCAPE_MENU_TIMEOUT)).toEqual([]);
    expect(sentOf(keys.receive(latin1("ls"), ESCAPE_MENU_TIMEOUT))).toBe("ls");
  });

  it("^Ec: ^E and another key are for the host; twice sends one; alone after 3 s", () => {
    expect(sentOf(type("^Ec", "\x05x"))).toBe("\x05x");
    expect(sentOf(type("^Ec", "\x05\x05c"))).toBe("\x05c");
    const keys = keysOf("^Ec");
    keys.receive(latin1("\x05"), 0);
    expect(sentOf(keys.tick(ESCAPE_MENU_TIMEOUT))).toBe("\x05");
  });

  it("&: ConMan's letters, && sends one, other text is sent whole", () => {
    expect(acts("&", "&.&B&F&I&J&L&M&R&?")).toEqual(
      "leave break force who join replay readOnly power help".split(" "),
    );
    expect(sentOf(type("&", "a && b & c &b"))).toBe("a & b & c &b");
  });

  it("~: at the beginning of a line only", () => {
    expect(acts("~", "~.")).toEqual(["leave"]);
    expect(acts("~", "ls ~.\r~.")).toEqual(["leave"]);
    expect(sentOf(type("~", "cd ~.\rx~.y"))).toBe("cd ~.\rx~.y");
    expect(sentOf(type("~", "~root\r~~.\r"))).toBe("~root\r~.\r");
    expect(acts("~", "\r~B\r~#")).toEqual(["break", "break"]);
    expect(acts("~", "~%break\r~%b\r")).toEqual(["break", "break"]);
    expect(sentOf(type("~", "~%brea\r~%x"))).toBe("~%brea\r~%x");
    expect(acts("~", "~C")).toEqual(["absent"]);
  });

  it("none: everything is for the host", () => {
    expect(sentOf(type("none", "\x1d.\x05c.~.&."))).toBe("\x1d.\x05c.~.&.");
  });

  it("escapeProfile() knows any control key, and refuses what is none", () => {
    expect(acts("^A", "\x01b")).toEqual(["menu", "break"]);
    for (const wrong of ["", "x", "^", "^]]", "~~"]) expect(escapeProfile(wrong)).toBeUndefined();
  });
});
