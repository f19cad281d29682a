import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { frameCommand } from "../../src/sdk/command-frame.ts";
import { proofOf } from "../../src/sdk/shell/host-tools.ts";
import {
  isWhole,
  kitPiece,
  kitReport,
  kitRun,
  shownBytes,
  storeKit,
} from "../../src/sdk/shell/store-kit.ts";

const TOOLS = { proof: "cksum", sha256: "sha256sum", decode: "base64 -d", encode: "base64" };
const KERNEL = "[   12.345678] usb 1-1: new device\n";

/** What the host prints for a command. */
function said(bytes: Uint8Array, status: number): string {
  const line = `${status} ${bytes.length} ${bytes.length} ${proofOf("sha256sum", bytes)}  -`;
  const text = Buffer.from(bytes).toString("latin1");
  return `+ cmd\n${text}\n=${line} =${proofOf("cksum", Buffer.from(line))}\n`;
}
const piece = (bytes: Uint8Array, asked: string): string =>
  `${Buffer.from(bytes).toString("base64").replace(/.{76}/g, "$&\n")}\n=${asked} ${proofOf("cksum", bytes)}\n`;

const texts = fc
  .string({ unit: "grapheme-ascii", maxLength: 300 })
  .map((text) => Buffer.from(text));
const spot = fc.double({ min: 0, max: 0.999, noNaN: true });
const at = (text: string, where: number) => Math.floor(where * text.length);

describe("the report of a stored command", () => {
  it("is read as it was meant, with a kernel's line anywhere in it", () => {
    fc.assert(
      fc.property(texts, fc.integer({ min: 0, max: 255 }), spot, (bytes, status, where) => {
        const text = said(bytes, status);
        const cut = at(text, where);
        for (const one of [text, `${text.slice(0, cut)}${KERNEL}${text.slice(cut)}`]) {
          const report = kitReport(one, TOOLS);
          expect(report).toMatchObject({ status, bytes: bytes.length });
          expect(report && Buffer.from(shownBytes(report, TOOLS) ?? [])).toEqual(bytes);
        }
      }),
      // The kernel's line stands right before the report.
      { examples: [[Buffer.from(" "), 0, 0.082]] },
    );
  });

  it("a byte that was lost or changed gives nothing, or what was meant: never another status or text", () => {
    fc.assert(
      fc.property(
        texts,
        fc.integer({ min: 0, max: 255 }),
        spot,
        fc.nat(255),
        (bytes, status, where, other) => {
          const text = said(bytes, status);
          const cut = at(text, where);
          const changed = String.fromCharCode(other);
          for (const into of ["", changed]) {
            const report = kitReport(`${text.slice(0, cut)}${into}${text.slice(cut + 1)}`, TOOLS);
            if (report === undefined) continue;
            expect(report).toMatchObject({ status, bytes: bytes.length });
            const shown = shownBytes(report, TOOLS);
            if (shown) expect(Buffer.from(shown)).toEqual(bytes);
          }
        },
      ),
    );
  });

  it("never throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        const text = Buffer.from(bytes).toString("latin1");
        const report = kitReport(`${text}\n=${text}`, TOOLS);
        if (report) shownBytes(report, TOOLS);
        kitPiece(`${text}\n=1 4096 0 ${text}`, "1 4096 0", TOOLS);
      }),
    );
  });
});

describe("a piece", () => {
  it("is the one that was asked for, or none", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), spot, fc.nat(255), (bytes, where, other) => {
        const text = piece(bytes, "3.z 4096 7");
        expect(kitPiece(text, "3.z 4096 7", TOOLS)).toEqual(bytes);
        expect(kitPiece(text, "3.z 4096 8", TOOLS)).toBeUndefined();
        const cut = at(text, where);
        const torn = `${text.slice(0, cut)}${KERNEL}${text.slice(cut)}`;
        const came = kitPiece(torn, "3.z 4096 7", TOOLS);
        if (came) expect(came).toEqual(bytes);
        const spoilt = `${text.slice(0, cut)}${String.fromCharCode(other)}${text.slice(cut + 1)}`;
        const damaged = kitPiece(spoilt, "3.z 4096 7", TOOLS);
        if (damaged) expect(damaged).toEqual(bytes);
      }),
    );
  });
});

describe("what is typed", () => {
  it("exposes no word of a command to the shell, however a byte gets lost", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme-ascii", maxLength: 120 }), spot, (command, where) => {
        const { typed } = frameCommand(kitRun("/run/oob-0123456789ab", 3, command, TOOLS));
        const cut = at(typed, where);
        const lost = `${typed.slice(0, cut)}${typed.slice(cut + 1)}`;
        expect(lost).toMatch(/^[ \w./:;|$?'+=-]*\r?$/);
      }),
      { examples: [["@", 0]] },
    );
  });

  it("the kit names no file outside of its folder but the kernel's level", () => {
    const paths = storeKit(TOOLS, true).match(/(?<=[\s<>"])\/[\w/.]+/g) ?? [];
    expect(new Set(paths)).toEqual(new Set(["/dev/null"]));
  });

  it("isWhole() wants length and digest", () => {
    const bytes = Buffer.from("abc");
    const report = {
      status: 0,
      bytes: 3,
      packedBytes: 3,
      digest: proofOf("sha256sum", bytes),
      shown: [],
    };
    expect(isWhole(report, bytes, TOOLS)).toBe(true);
    expect(isWhole(report, Buffer.from("abd"), TOOLS)).toBe(false);
    expect(isWhole({ ...report, bytes: 4 }, bytes, TOOLS)).toBe(false);
  });
});

describe("a host whose memory is full", () => {
  it("has no room for what gzip makes: the output is told as it is", { timeout: 60_000 }, () => {
    const folder = mkdtempSync(join(tmpdir(), "oob-kit-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    mkdirSync(join(folder, "bin"));
    // As gzip(1) does on ENOSPC: a part of it is there.
    writeFileSync(join(folder, "bin/gzip"), "#!/bin/sh\nprintf xx\nexit 1\n");
    chmodSync(join(folder, "bin/gzip"), 0o755);
    // The kernel's log level is this machine's own.
    writeFileSync(
      join(folder, "k"),
      storeKit(TOOLS, true).replace("/proc/sys/kernel/printk", join(folder, "printk")),
    );
    const typed = kitRun(folder, 1, "seq 1000", TOOLS);
    const { stdout } = spawnSync("sh", ["-c", typed], {
      env: { ...process.env, PATH: `${join(folder, "bin")}:${process.env.PATH}` },
      encoding: "latin1",
    });
    const bytes = Buffer.from(Array.from({ length: 1000 }, (_, n) => `${n + 1}\n`).join(""));
    const report = kitReport(stdout, TOOLS);
    expect(report).toMatchObject({ status: 0, bytes: bytes.length, packedBytes: bytes.length });
    expect(report && isWhole(report, bytes, TOOLS)).toBe(true);
    expect(readdirSync(folder).filter((name) => name.includes(".z"))).toEqual([]);
  });
});
