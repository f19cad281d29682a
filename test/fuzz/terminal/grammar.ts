import { latin1, utf8 } from "../../../src/lib/bytes.ts";

type Roll = (below: number) => number;

const STRING_OPENERS = latin1("]PX^_k");
const FINALS = latin1("@ABCDEFGHIJKLMPSTXZ`abcdefghilmnpqrstuvwxyz{|}~");
/** Numbers that mean something to some terminal, or are too large for any. */
const NUMBERS = [
  "0",
  "1",
  "3",
  "5",
  "25",
  "52",
  "999",
  "1000",
  "1003",
  "1049",
  "2004",
  "65536",
  "2147483647",
  "99999999999999999999",
].map(utf8);
const PREFIXES = latin1("?><=!");
const SEPARATORS = latin1(";;;:");
const BETWEEN = latin1(" !\"#$%&'()*+-./");
/** First and last character of ranges that hide, reorder, join or combine, and their neighbours. */
const CHARACTERS = [
  ...[
    0x80, 0x85, 0x8d, 0x90, 0x9b, 0x9c, 0x9d, 0x9f, 0xa0, 0xad, 0x300, 0x36f, 0x488, 0x61c, 0x115f,
  ],
  ...[
    0x1160, 0x11ff, 0x17b4, 0x180b, 0x180e, 0x200a, 0x200b, 0x200d, 0x200f, 0x2010, 0x2028, 0x202e,
  ],
  ...[
    0x202f, 0x2060, 0x2064, 0x2065, 0x2069, 0x206a, 0x206f, 0x2070, 0x20d0, 0x3164, 0xd7ff, 0xe000,
  ],
  ...[
    0xfe0f, 0xfeff, 0xfff0, 0xfff8, 0xfffb, 0xfffc, 0xfffd, 0xffff, 0x1bca0, 0x1d165, 0x1d173,
    0x1d17a,
  ],
  ...[0x1f600, 0xe0001, 0xe0041, 0xe007f, 0xe0080, 0xe0100, 0xe01ef, 0xe01f0, 0xe0fff, 0x10ffff],
].map((code) => utf8(String.fromCodePoint(code)));
/** No UTF-8: overlong, surrogates, too large, cut short, bytes that never occur. */
const BROKEN = [
  [0xc0, 0x9b],
  [0xc1, 0xbf],
  [0xe0, 0x82, 0x9b],
  [0xe2, 0x80],
  [0xed, 0xa0, 0x80],
  [0xf0, 0x80, 0x82, 0x9b],
  [0xf0, 0x9f, 0x98],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xfe],
  [0xff],
  [0xc2],
  [0x80],
  [0xbf],
].map((bytes) => Uint8Array.from(bytes));
const WORDS = ["login: ", "Kernel panic", "[  OK  ] Started ", "\r\n", "ů€漢", "\t", "e"].map(utf8);
const MARK = utf8("\u0301");
/** Strings of control sequences are swallowed up to 512 bytes: some are longer. */
const LONGEST_STRING = 700;

/** Writes hostile output into room of its own. */
export class Grammar {
  readonly #bytes: Uint8Array;
  #size = 0;
  #roll: Roll = () => 0;

  constructor(room: number) {
    this.#bytes = new Uint8Array(room);
  }

  /** As many bytes as there is room for. They are overwritten by the next call. */
  text(roll: Roll): Uint8Array {
    this.#roll = roll;
    this.#size = 0;
    while (this.#size < this.#bytes.length) this.#piece(0);
    return this.#bytes;
  }

  #piece(depth: number): void {
    switch (this.#roll(12)) {
      case 0:
        this.#plain();
        break;
      case 1:
        this.#put(this.#one(WORDS));
        break;
      case 2:
        this.#put(this.#one(CHARACTERS));
        break;
      case 3:
        this.#put(this.#one(BROKEN));
        break;
      case 4:
        this.#byte(this.#roll(0x20));
        break;
      case 5:
        this.#byte(0x80 + this.#roll(0x20));
        break;
      case 6:
        this.#marks();
        break;
      case 7:
        this.#escape();
        break;
      case 8:
        this.#string(depth);
        break;
      case 9:
        this.#byte(this.#roll(256));
        break;
      default:
        this.#sequence();
        break;
    }
  }

  #plain(): void {
    for (let left = this.#roll(40); left > 0; left--) this.#byte(0x20 + this.#roll(0x60));
  }

  #marks(): void {
    for (let left = this.#roll(24); left > 0; left--) this.#put(MARK);
  }

  #escape(): void {
    this.#byte(0x1b);
    if (this.#roll(3) === 0) this.#byte(this.#any(BETWEEN));
    if (this.#roll(8) > 0)
      this.#byte(this.#roll(4) === 0 ? this.#roll(256) : 0x30 + this.#roll(0x4f));
  }

  /** CSI in one of its forms, numbers, a final: each may be missing, and a control may stand anywhere. */
  #sequence(): void {
    this.#introduce(0x5b);
    if (this.#roll(3) === 0) this.#byte(this.#any(PREFIXES));
    for (let left = this.#roll(5); left > 0; left--) {
      if (this.#roll(6) > 0) this.#put(this.#one(NUMBERS));
      if (this.#roll(4) > 0) this.#byte(this.#any(SEPARATORS));
      if (this.#roll(40) === 0) this.#byte(this.#roll(0x20));
    }
    if (this.#roll(40) === 0) for (let left = this.#roll(90); left > 0; left--) this.#byte(0x31);
    if (this.#roll(6) === 0) this.#byte(this.#any(BETWEEN));
    if (this.#roll(12) > 0) this.#byte(this.#any(FINALS));
  }

  #string(depth: number): void {
    this.#introduce(this.#any(STRING_OPENERS));
    if (this.#roll(3) === 0) this.#put(this.#one(NUMBERS));
    const long = this.#roll(20) === 0 ? LONGEST_STRING : 24;
    for (let left = this.#roll(long); left > 0; left--) this.#byte(0x20 + this.#roll(0x60));
    if (depth < 3 && this.#roll(3) === 0) this.#piece(depth + 1);
    switch (this.#roll(6)) {
      case 0:
        this.#byte(7);
        break;
      case 1:
        this.#introduce(0x5c);
        break;
      case 2:
        this.#byte(this.#roll(2) === 0 ? 0x18 : 0x1a);
        break;
      default:
    }
  }

  /** ESC and a byte, the same as a C1 byte, or as a character. */
  #introduce(byte: number): void {
    const form = byte < 0x60 ? this.#roll(4) : 0;
    if (form === 1) this.#byte(byte + 0x40);
    else if (form === 2) {
      this.#byte(0xc2);
      this.#byte(byte + 0x40);
    } else {
      this.#byte(0x1b);
      this.#byte(byte);
    }
  }

  #any(bytes: Uint8Array): number {
    return bytes[this.#roll(bytes.length)] ?? 0;
  }

  #one(all: readonly Uint8Array[]): Uint8Array {
    return all[this.#roll(all.length)] ?? this.#bytes.subarray(0, 0);
  }

  #byte(byte: number): void {
    if (this.#size < this.#bytes.length) this.#bytes[this.#size++] = byte;
  }

  #put(bytes: Uint8Array): void {
    for (const byte of bytes) this.#byte(byte);
  }
}
