/**
 * What the two ends of XMODEM and YMODEM share (Chuck Forsberg, "XMODEM/YMODEM Protocol Reference", 1988):
 *
 *   receiver          sender
 *   C (or NAK)   ─►                                 C asks for CRC-16, NAK for a sum
 *                ◄─   SOH n ~n 128 bytes check      STX: 1,024 bytes. YMODEM: block 0 is name and size
 *   ACK          ─►                                 NAK: once more
 *                ◄─   EOT
 *   NAK          ─►                                 the first EOT may be noise
 *                ◄─   EOT
 *   ACK          ─►                                 YMODEM: then C, and a block 0 without a name ends it
 *
 * Two CAN in a row call it off. All other bytes between the blocks are text of somebody else, a kernel's too, and mean
 * nothing here.
 */
import type { Millis } from "../lib/clock.ts";

export const SOH = 0x01;
export const STX = 0x02;
export const EOT = 0x04;
export const ACK = 0x06;
export const NAK = 0x15;
export const CAN = 0x18;
/** What fills the last block up. */
export const FILL = 0x1a;
export const WANT_CRC = 0x43;

export const SHORT_BLOCK = 128;
export const LONG_BLOCK = 1024;

/** How often one block goes over the line before it is given up. */
export const MAX_TRIES = 10;
/** How long nothing may be heard of the other end. */
export const SILENT_AFTER: Millis = 60_000;

/** Calls off, and takes the CANs back where the other end is a shell by now (lrzsz does the same). */
export const CALL_OFF = Uint8Array.from([
  ...Array<number>(8).fill(CAN),
  ...Array<number>(8).fill(8),
]);

/** How a block is proven. */
export type Check = "crc" | "sum";

/** One block, whole: at most 1,024 bytes of data, filled up to 128 or 1,024. */
export function encodeBlock(
  number: number,
  data: Uint8Array,
  check: Check,
  fill: number = FILL,
): Uint8Array {
  const size = data.length > SHORT_BLOCK ? LONG_BLOCK : SHORT_BLOCK;
  const block = new Uint8Array(3 + size + checkLength(check)).fill(fill, 3);
  block[0] = size === LONG_BLOCK ? STX : SOH;
  block[1] = number & 0xff;
  block[2] = ~number & 0xff;
  block.set(data, 3);
  block.set(checkOf(block.subarray(3, 3 + size), check), 3 + size);
  return block;
}

/** Bytes that the check of a block takes. */
export function checkLength(check: Check): number {
  return check === "crc" ? 2 : 1;
}

/** The bytes that prove this data. */
export function checkOf(data: Uint8Array, check: Check): Uint8Array {
  if (check === "sum") return Uint8Array.of(data.reduce((sum, byte) => (sum + byte) & 0xff, 0));
  const crc = crc16(data);
  return Uint8Array.of(crc >> 8, crc & 0xff);
}

/** CRC-16 of XMODEM: polynomial 0x1021, begun with 0, high bit first. */
export function crc16(data: Uint8Array): number {
  let crc = 0;
  for (const byte of data) crc = ((crc << 8) & 0xffff) ^ (CRC_TABLE[(crc >> 8) ^ byte] ?? 0);
  return crc;
}

const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc & 0xffff;
});
