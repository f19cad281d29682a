import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createDetector } from "../../src/core/detect/create-detector.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import { shippedRules } from "../core/detect/shipped-rules.ts";

const UP = `[    0.000000] Linux version 6.1.0-50-amd64 (debian-kernel@lists.debian.org) (gcc-12 12.2.0) #1 SMP\r
[    9.123456] eth0: link is up\r
\r
Debian GNU/Linux 12 web1 ttyS0\r
\r
web1 login: `;

const MACROS: Readonly<Record<string, string>> = {
  "@up": `${UP}\r\n`,
  "@up24": UP.replace(/\[.{13}\] /g, "").replace("6.1.0-50-amd64", "2.4.37"),
  "@shell": `${UP}root\r\nPassword: \r\nroot@web1:~# `,
};

const ESCAPES: Readonly<Record<string, string>> = { e: "\x1b", b: "\b", r: "\r", "\\": "\\" };

interface Console {
  readonly name: string;
  readonly header: readonly string[];
  /** Text that a booted host wrote before, and what came then. */
  readonly pieces: readonly { readonly text: string; readonly up: boolean }[];
}

function consolesOf(file: string): Console[] {
  const groups = readFileSync(`${import.meta.dirname}/${file}`, "utf8").split(/^=== /m);
  return groups.slice(1).map((group) => {
    const [head = "", ...lines] = group.trimEnd().split("\n");
    const [name = "", ...header] = head.split(" | ");
    return { name, header, pieces: lines.map(pieceOf) };
  });
}

function pieceOf(line: string) {
  const macro = MACROS[line];
  if (macro !== undefined) return { text: macro, up: true };
  const open = /(?<!\\)\\$/.test(line);
  const text = (open ? line.slice(0, -1) : line).replace(
    /\\([ebr\\])/g,
    (_, key: string) => ESCAPES[key] ?? "",
  );
  return { text: open ? text : `${text}\r\n`, up: false };
}

/** Plays a console at the pace of its own stamps; text that is only shown comes when the host is up for 1000 s. */
function opinionOf({ pieces }: Console, shown: boolean) {
  const detector = createDetector(shippedRules);
  let at = 0;
  for (const { text, up } of pieces) {
    for (const line of text.split(/(?<=\n)/)) {
      const stamp = /\[ *(\d+\.\d+)/.exec(line)?.[1];
      if (shown && !up) at = 1_000_000;
      else if (stamp !== undefined) at = Math.max(at, Number(stamp) * 1000);
      detector.see(latin1(line), at);
    }
  }
  const { state, class: kind, action } = detector.opinion;
  return { state, class: kind, action };
}

describe("the detector judges, at the end of", () => {
  test.each(consolesOf("consoles.txt"))("$name", (one) => {
    const [wanted = "", also = ""] = one.header;
    const [, state, kind = "", action] = /^(\w+):(\S+) (\w+)$/.exec(wanted) ?? [];
    const opinion = opinionOf(one, false);
    expect([kind, ...also.split(" ")]).toContain(opinion.class);
    const acts = (what: string | undefined) => what === "confirm" || what === "recover";
    expect(acts(opinion.action), `${opinion.state} ${opinion.action}`).toBe(acts(action));
    if (action !== "recover") expect(opinion.action).not.toBe("recover");
    if (also === "") expect(opinion.state).toBe(state);
  });
});

describe("the detector asks for no act after", () => {
  test.each(consolesOf("lookalikes.txt"))("$name", (one) => {
    const { action } = opinionOf(one, true);
    if (one.header[0] === "confirm") expect(action).not.toBe("recover");
    else expect(action).toMatch(/^(?:none|notify|hold)$/);
  });
});
