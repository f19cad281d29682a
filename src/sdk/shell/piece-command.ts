/**
 * The commands by which a file goes through a shell, each one line.
 *
 * What is typed can lose bytes on its way, so a command travels as data with its own digest, and is obeyed only where
 * the host finds the same digest: a damaged one does nothing (status DAMAGED). A piece is appended only where the file
 * has the length that it had before (else MISPLACED), so that asking twice appends once.
 */
import { utf8 } from "../../lib/bytes.ts";
import { frameCommand, MAX_TYPED_BYTES } from "../command-frame.ts";
import { type HostTools, proofOf } from "./host-tools.ts";

/** Statuses of ours: the command came damaged; the file has another length. */
export const DAMAGED = 99;
export const MISPLACED = 98;

/** How the bytes of a piece are spelled. */
export type Spelling = "base64" | "printf";

/** A path as the shell of the host takes it for one word. */
export function shellWord(path: string): string {
  return /^[\w./+:@%-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}

/** The command, to be obeyed only if it came whole. */
export function guarded(command: string, proof: string): string {
  const digest = proofOf(proof, utf8(command));
  const quoted = `'${command.replaceAll("'", `'\\''`)}'`;
  return `set -- ${quoted};case "$(printf %s "$1"|${proof})" in *"${digest}"*)eval "$1";;*)exit ${DAMAGED};;esac`;
}

/** A piece of a file and the command that appends it. */
export interface Piece {
  readonly command: string;
  readonly bytes: number;
}

/** The next piece from `at` on: as many bytes as one typed line has room for. */
export function appendPiece(
  file: Uint8Array,
  at: number,
  path: string,
  tools: HostTools,
  spelling: Spelling,
): Piece {
  const word = shellWord(path);
  const around = (data: string) => {
    const write = spelling === "base64" ? `echo ${data}|${tools.decode}` : `printf %b "${data}"`;
    return `[ $(wc -c <${word}) -eq ${at} ]||exit ${MISPLACED};${write} >>${word}`;
  };
  const room = MAX_TYPED_BYTES - typedLength(guarded(around(""), tools.proof)) - DIGEST_SLACK;
  if (spelling === "base64") {
    const bytes = file.subarray(at, at + Math.max(0, Math.floor(room / 4)) * 3);
    return { command: around(Buffer.from(bytes).toString("base64")), bytes: bytes.length };
  }
  let data = "";
  let bytes = 0;
  while (at + bytes < file.length) {
    const next = spell(file[at + bytes] ?? 0);
    if (data.length + next.length > room) break;
    data += next;
    bytes += 1;
  }
  return { command: around(data), bytes };
}

/** cksum prints the length, too: that of a longer command has more digits. */
const DIGEST_SLACK = 8;

function typedLength(command: string): number {
  return frameCommand(command).typed.length;
}

/** A byte for printf %b in double quotes. Blanks too: nothing may be lost at the end of a line. */
function spell(byte: number): string {
  const letter = String.fromCharCode(byte);
  return /[\w.,:;/+=@^(){}[\]<>|&*#?-]/.test(letter)
    ? letter
    : `\\0${byte.toString(8).padStart(3, "0")}`;
}

/** Prints a piece of a file, then its digest behind "=". `bytes` and `at` count in `size`. */
export function readPiece(path: string, size: number, index: number, tools: HostTools): string {
  const dd = `dd if=${shellWord(path)} bs=${size} skip=${index} count=1 2>/dev/null`;
  return `${dd}|${tools.encode};echo "=$(${dd}|${tools.proof})"`;
}

/** Lines that a kernel printed into the midst of others: "[   12.345678] eth0: link up". */
const CHATTER = /\[ {0,6}\d{1,7}\.\d{6}\] [^\n]{0,500}\n/g;

/** What the host printed without its kernel's lines. */
export function withoutChatter(said: string): string {
  return said.replace(CHATTER, "");
}

/** The bytes that readPiece's command printed, or undefined where they are not what the host has. */
export function pieceOf(said: string, tools: HostTools): Uint8Array | undefined {
  for (const text of [said, withoutChatter(said)]) {
    const end = text.lastIndexOf("\n=");
    if (end < 0) continue;
    const letters = text.slice(0, end).replace(/\s/g, "");
    const bytes = Buffer.from(letters, tools.encode.startsWith("od") ? "hex" : "base64");
    if (text.slice(end).includes(proofOf(tools.proof, bytes))) return Uint8Array.from(bytes);
  }
  return undefined;
}
