import { describe, expect, it } from "vitest";
import { MAX_PROMPT_BYTES, PromptWatch } from "../../src/codec/prompt-watch.ts";
import { utf8 } from "../../src/lib/bytes.ts";

const asked = ["cs1 login: ", "Password: ", "[root@cs1 /root]# ", "InReach:0 >"];
const watch = () => new PromptWatch(asked, /^\[\S+@|InReach/);

/** What it says after each piece. */
function seen(...pieces: string[]): (string | undefined)[] {
  const one = watch();
  return pieces.map((piece) => one.see(utf8(piece)));
}

describe("PromptWatch", () => {
  it("sees the server's own prompt alone at the end, however it is cut and drawn", () => {
    expect(seen("bye\r\n", "InReach:0 >").at(-1)).toBe("InReach:0 >");
    expect(seen("bye\r\nInRe", "ach:0", " >").at(-1)).toBe("InReach:0 >");
    expect(seen("x".repeat(5000), "\r\n\x1b[m[root@cs1 /root]# ").at(-1)).toBe("[root@cs1 /root]#");
    expect(seen("InReach:0 >")).toEqual(["InReach:0 >"]);
  });

  it("is not misled by text that looks like it", () => {
    for (const text of [
      "cat menu: InReach:0 >", // not alone on its line
      "\r\nInReach:0 >\r\n", // the line goes on
      "\r\nInReach:1 >", // another one
      "\r\n[root@web1 /root]# ", // a host's
      "\r\nInReach:0 >exit",
      `${"x".repeat(MAX_PROMPT_BYTES)}InReach:0 >`,
      `x${" ".repeat(MAX_PROMPT_BYTES)}InReach:0 >`, // what stands before it is out of sight
    ])
      expect(seen(text), text).toEqual([undefined]);
  });

  it("knows no prompt that any host may have, and none that it was not asked with", () => {
    expect(seen("\r\nPassword: ", "\r\ncs1 login: ")).toEqual([undefined, undefined]);
    expect(new PromptWatch([], /./).see(utf8("\r\nInReach:0 >"))).toBeUndefined();
  });
});
