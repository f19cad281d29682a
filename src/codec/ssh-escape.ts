/*
 * What ssh(1) reads on its standard input in front of a terminal: bytes, and "~" at the beginning of a line as the
 * start of a command of its own ("~." would end it, "~B" sends BREAK). Doubled there, it is one "~" for the host.
 *
 * Holds for a process that serves one session. OpenSSH keeps "at the beginning of a line" once per process
 * (clientloop.c, last_was_cr): sessions that share a connection disturb each other, so those go without escapes.
 */
const TILDE = 0x7e;
const CR = 0x0d;
const LF = 0x0a;

/** Typed bytes as ssh's standard input wants them. */
export class SshEscape {
  #atLineStart = true;

  /** The bytes with every "~" doubled that ssh would take for itself. */
  encode(bytes: Uint8Array): Uint8Array {
    const out: number[] = [];
    for (const byte of bytes) {
      if (byte === TILDE && this.#atLineStart) out.push(TILDE);
      out.push(byte);
      this.#atLineStart = byte === CR || byte === LF;
    }
    return Uint8Array.from(out);
  }

  /** The keys that make ssh send BREAK; undefined in the middle of a line, where ssh takes them for text. */
  breakKeys(): Uint8Array | undefined {
    return this.#atLineStart ? Uint8Array.of(TILDE, 0x42) : undefined;
  }
}
