import { createHash } from "node:crypto";
import { utf8 } from "../../lib/bytes.ts";

/** What a host has of the tools that a transfer needs. Each reads its standard input. */
export interface HostTools {
  /** Proves a command or a piece of a file. */
  readonly proof: string;
  /** Undefined: nothing on this host computes SHA-256. */
  readonly sha256: string | undefined;
  readonly decode: string | undefined;
  readonly encode: string;
}

/** coreutils and busybox; FreeBSD, NetBSD and OpenBSD; OpenSSL; Perl's; Solaris. */
const SHA256 = [
  "sha256sum",
  "sha256 -q",
  "openssl dgst -sha256",
  "busybox sha256sum",
  "shasum -a 256",
  "digest -a sha256",
] as const;
/** cksum is in POSIX and prints least; Debian's busybox has none. */
const PROOFS = ["cksum", "md5sum", "md5 -q", "openssl md5", "busybox md5sum", ...SHA256] as const;
/** coreutils and busybox; OpenSSL; FreeBSD and OpenBSD. */
const DECODERS = [
  "base64 -d",
  "openssl base64 -d -A",
  "busybox base64 -d",
  "b64decode -rp",
] as const;
/** The last one is in POSIX: hexadecimal. */
const ENCODERS = ["base64", "openssl base64", "busybox base64", "od -An -v -tx1"] as const;

const md5 = (bytes: Uint8Array): string => createHash("md5").update(bytes).digest("hex");

const CRC32_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc >>> 0;
});

/** SHA-256 in hexadecimal. */
export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** What a proof tool prints of these bytes, somewhere in its line. */
export function proofOf(tool: string, bytes: Uint8Array): string {
  if (tool === "cksum") return `${cksum(bytes)} ${bytes.length}`;
  return tool.includes("md5") ? md5(bytes) : sha256(bytes);
}

const OK = utf8("ok");
const WANTS = ["cksum", "md5sum", "sha256sum"].map((tool) => `*"${proofOf(tool, OK)}"*`).join("|");
const probe = (tools: readonly string[], test: string): string =>
  `for t in ${tools.map((tool) => `"${tool}"`).join(" ")};do ${test} && echo "have $t";done 2>/dev/null;:`;

/** Commands that say which of the tools work, by doing what they will have to do. */
export const TOOL_PROBES: readonly string[] = [
  probe(PROOFS, `case "$(printf ok|$t)" in ${WANTS});;*)false;;esac`),
  probe(DECODERS, '[ "$(echo b2s=|$t)" = ok ]'),
  probe(ENCODERS, 'case "$(printf ok|$t)" in *b2s=*|*6f*6b*);;*)false;;esac'),
];

/** Reads what the probes said. Undefined: the host can prove nothing. */
export function toolsOf(said: string): HostTools | undefined {
  const has = (tools: readonly string[]): string | undefined =>
    tools.find((tool) => said.includes(`have ${tool}\n`));
  const proof = has(PROOFS);
  const encode = has(ENCODERS);
  if (proof === undefined || encode === undefined) return undefined;
  return { proof, sha256: has(SHA256), decode: has(DECODERS), encode };
}

/** The CRC of POSIX cksum: polynomial 0x04c11db7 over the bytes and their count, inverted. */
function cksum(bytes: Uint8Array): number {
  let crc = 0;
  const take = (byte: number) => {
    crc = ((crc << 8) ^ (CRC32_TABLE[((crc >>> 24) ^ byte) & 0xff] ?? 0)) >>> 0;
  };
  for (const byte of bytes) take(byte);
  for (let left = bytes.length; left > 0; left = Math.floor(left / 256)) take(left & 0xff);
  return ~crc >>> 0;
}
