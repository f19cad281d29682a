/** How a host writes text on its console. */
export type Encoding = "utf-8" | "cp437" | "latin1";

// IBM PC code page 437, 0x80 to 0xff: what UEFI firmware draws its boxes with.
const CP437_HIGH =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u00a0";

const CP437 = Array.from(CP437_HIGH, (character) => Buffer.from(character));
const LATIN1 = Array.from({ length: 128 }, (_, n) => Buffer.from(String.fromCharCode(128 + n)));

/** Host bytes as UTF-8, for terminals and text. One byte is one character, so it does not matter how they are cut. */
export function toUtf8(bytes: Uint8Array, encoding: Encoding): Uint8Array {
  if (encoding === "utf-8" || bytes.every((byte) => byte < 0x80)) return bytes;
  const table = encoding === "cp437" ? CP437 : LATIN1;
  const out = Buffer.allocUnsafe(bytes.length * 3);
  let at = 0;
  for (const byte of bytes) {
    if (byte < 0x80) out[at++] = byte;
    else at += table[byte - 0x80]?.copy(out, at) ?? 0;
  }
  return out.subarray(0, at);
}
