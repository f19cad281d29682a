import { describe, expect, it } from "vitest";
import collect from "../../scripts/collect.ts";
import { runKit } from "../core/runbook/run-kit.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
type Kit = Awaited<ReturnType<typeof runKit>>;

/** The machine has fallen into a debugger, which answers what is typed. */
function inDebugger(kit: Kit, answer: (line: string) => string): string[] {
  const lines: string[] = [];
  let line = "";
  kit.host.receive = (typed) => {
    for (const key of new TextDecoder().decode(typed)) {
      if (key !== "\r" && key !== " " && key !== "q") line += key;
      else if (key === " " && line !== "") line += key;
      else {
        lines.push(key === "\r" ? line : key);
        kit.wire.print(bytes(answer(key === "\r" ? line : key)));
        line = "";
      }
    }
  };
  kit.wire.print(
    bytes("\r\npanic: uvm_fault\r\nStopped at      db_enter+0x14:  popq %rbp\r\nddb{0}> "),
  );
  return lines;
}

describe("collect", () => {
  it("asks a debugger that waits for what it shows, page after page, and for nothing else", async () => {
    const kit = await runKit();
    await kit.boot();
    const lines = inDebugger(kit, (line) => {
      if (line === "trace") return "\r\nmi_switch+0x1\r\n--db_more--";
      return `\r\nof ${line}\r\nddb{0}> `;
    });
    const { result, story } = await kit.run(collect);
    expect(result, story).toBe("done");
    expect(story).toContain("of web1: the screen, ddb{0}> trace, show registers, ps");
    expect(lines).toEqual(["trace", " ", "show registers", "ps"]);
  });

  it("types nothing at a prompt that only looks like a debugger's", async () => {
    const kit = await runKit({ losesBreak: true });
    await kit.boot();
    kit.host.receive = () => undefined;
    kit.wire.print(bytes("\r\nmysql\r\ndb> "));
    const { story } = await kit.run(collect);
    expect(story).toContain("nothing by SysRq");
    expect(kit.wire.typed.join("")).toBe("h\x15");
  });

  it("asks the kernel one thing after the other, and takes back what it does not know", async () => {
    const kit = await runKit();
    await kit.boot();
    const { result, story, end } = await kit.run(collect);
    expect(result, story).toBe("done");
    expect(end?.text).toBe("of web1: the screen");
    expect(story.match(/no SysRq [wlmt]:/g)).toHaveLength(4);
  });

  it("a kernel that has SysRq disabled is told so, and nothing is typed", async () => {
    const kit = await runKit({ faults: { sysrqDisabled: true } });
    await kit.boot();
    const { story } = await kit.run(collect);
    expect(story).toContain("its kernel has it disabled");
    expect(kit.wire.typed.join("")).toBe("h");
  });

  it("--dry-run reads the screen and types nothing", async () => {
    const kit = await runKit();
    await kit.boot();
    const { story } = await kit.run(collect, {}, { dryRun: true });
    expect(story).toContain("would: BREAK h; if the kernel answers, BREAK w, l, m and t");
    expect(kit.wire.typed).toEqual([]);
  });
});
