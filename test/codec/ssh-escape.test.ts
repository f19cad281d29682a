import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SshEscape } from "../../src/codec/ssh-escape.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import { cutUp } from "./subject.ts";

/** process_escapes() of OpenSSH's clientloop.c, as far as it goes without a command of its own. */
class Ssh {
  breaks = 0;
  #lastWasCr = true;
  #pending = false;

  read(bytes: Uint8Array): number[] {
    const sent: number[] = [];
    for (const byte of bytes) {
      if (this.#pending) {
        this.#pending = false;
        if (byte === 0x42) {
          this.breaks++;
          continue;
        }
        if (byte !== 0x7e) throw new Error(`ssh takes ~${String.fromCharCode(byte)} for itself`);
      } else if (this.#lastWasCr && byte === 0x7e) {
        this.#pending = true;
        continue;
      }
      this.#lastWasCr = byte === 13 || byte === 10;
      sent.push(byte);
    }
    return sent;
  }
}

const keys = fc
  .array(fc.constantFrom("~", "\r", "\n", ".", "B", "a", "\xff", "\0"), { maxLength: 40 })
  .map((words) => latin1(words.join("")));

describe("SshEscape", () => {
  it("encode() brings every byte through ssh, however it is cut, with BREAK in between", () => {
    fc.assert(
      fc.property(
        keys,
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }),
        (bytes, cuts) => {
          const codec = new SshEscape();
          const ssh = new Ssh();
          let breaks = 0;
          const sent = cutUp(bytes, cuts).flatMap((chunk) => {
            const asking = codec.breakKeys();
            if (asking) {
              breaks++;
              expect(ssh.read(asking)).toEqual([]);
            }
            return ssh.read(codec.encode(chunk));
          });
          expect(sent).toEqual([...bytes]);
          expect(ssh.breaks).toBe(breaks);
        },
      ),
    );
  });

  it("breakKeys() are there at the beginning of a line alone", () => {
    const codec = new SshEscape();
    expect(codec.breakKeys()).toEqual(latin1("~B"));
    codec.encode(latin1("root"));
    expect(codec.breakKeys()).toBeUndefined();
    codec.encode(latin1("\r"));
    expect(codec.breakKeys()).toEqual(latin1("~B"));
  });
});
