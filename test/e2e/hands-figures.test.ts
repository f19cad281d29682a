import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { minutes } from "../../src/lib/durations.ts";
import { shellKit } from "../core/runbook/shell-kit.ts";

/*
 * What a capture of 40 kB costs on a slow line, printed. The plain way (as `cat` prints it) at 9600 baud takes most of
 * a minute: OOB_LONG=1.
 */
const BAUDS = [115_200, 9600];

/** Lines of a web server's log: 40 kB of them. */
function accessLog(): string {
  let text = "";
  for (let n = 0; text.length < 40_000; n++) {
    const address = `203.0.113.${(n * 37) % 251}`;
    const path = ["/", "/login", "/style.css", `/item/${(n * 7919) % 997}`, "/feed.xml"][n % 5];
    text += `${address} - - [22/Nov/2026:10:${String(n % 60).padStart(2, "0")}:11 +0000] "GET ${path} HTTP/1.1" 200 ${(n * 7907) % 9973}\n`;
  }
  return text;
}

test.each(BAUDS)("a capture of 40 kB at %i baud", { timeout: 300_000 }, async (baud) => {
  const text = accessLog();
  const measured: string[] = [];
  const kit = await shellKit({ bytesPerSecond: baud / 10 });
  try {
    writeFileSync(join(kit.home, "log"), text);
    const { result, story } = await kit.run(async ({ console: hands }) => {
      await hands.login();
      for (const what of ["first, host looked at", "second"]) {
        const typed = kit.counts.typed;
        const { text: came, tookMs, wire, resent } = await hands.capture("cat log");
        expect(came).toBe(text);
        const took = (tookMs / 1000).toFixed(1);
        measured.push(
          `${what}: ${took} s, ${wire} bytes from the host, ${kit.counts.typed - typed} to it, ${resent} resent`,
        );
      }
      return "done";
    });
    expect(result, story).toBe("done");
  } finally {
    await kit.end();
  }
  if (baud > 9600 || process.env.OOB_LONG) measured.push(await plain(baud, text));
  console.info(`capture of ${text.length} bytes at ${baud} baud:\n  ${measured.join("\n  ")}`);
});

/** The same at a host that has nothing but cat: as the line brings it. */
async function plain(baud: number, text: string): Promise<string> {
  const tools = mkdtempSync(join(tmpdir(), "oob-tools-"));
  for (const tool of ["sh", "cat"]) symlinkSync(`/bin/${tool}`, join(tools, tool));
  const command = ["/bin/dash", "-i"];
  const kit = await shellKit({ bytesPerSecond: baud / 10, command, path: tools });
  try {
    writeFileSync(join(kit.home, "log"), text);
    let said = "";
    const { result, story } = await kit.run(async ({ console: hands }) => {
      await hands.login();
      await hands.run(":");
      const began = performance.now();
      const before = kit.counts.printed;
      const { output } = await hands.run("cat log", minutes(3));
      expect(output).toBe(text);
      const took = ((performance.now() - began) / 1000).toFixed(1);
      said = `plain, unproven: ${took} s, ${kit.counts.printed - before} bytes from the host`;
      return "done";
    });
    expect(result, story).toBe("done");
    return said;
  } finally {
    await kit.end();
    rmSync(tools, { recursive: true });
  }
}
