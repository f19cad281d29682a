import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";

/** One end of a pseudo-terminal; the other end is a tty that a driver can open. */
export interface Pty {
  /** "/dev/pts/7" */
  readonly path: string;
  /** To whoever reads the tty. */
  write(bytes: Uint8Array | string): Promise<void>;
  /** Everything that was written to the tty so far. */
  readonly written: Buffer;
  /** Calls with each piece that is written to the tty. */
  onBytes(listen: (bytes: Buffer) => void): void;
  /** Waits until what was written to the tty contains `text`. */
  until(text: string): Promise<void>;
  /** Stops reading what is written to the tty; close() still works. */
  stall(): void;
  /** Takes the pty away: whoever has the tty open sees a hang-up. */
  close(): Promise<void>;
}

// The tty side is held open here as well, as a getty or a second program would, so that it outlives its readers.
const PROGRAM = `
import os, sys, select, time, tty
m, s = os.openpty()
if "raw" in sys.argv: tty.setraw(s)
sys.stderr.write(os.ttyname(s) + "\\n"); sys.stderr.flush()
if "alone" in sys.argv: os.close(s)
def put(fd, b):
    while b: b = b[os.write(fd, b):]
while True:
    r, _, _ = select.select([0, m], [], [])
    if 0 in r:
        b = os.read(0, 65536)
        if not b: break
        put(m, b)
    if m in r:
        try: put(1, os.read(m, 65536))
        except OSError: time.sleep(0.01)
`;

const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/**
 * Opens a pty through Python, which every Debian has. `raw`: already without echo and line editing. `alone`: nobody
 * else has the tty open.
 */
export async function openPty(
  options: { readonly raw?: boolean; readonly alone?: boolean } = {},
): Promise<Pty> {
  const words = (["raw", "alone"] as const).filter((word) => options[word]);
  const child = spawn("python3", ["-c", PROGRAM, ...words], {
    stdio: ["pipe", "pipe", "pipe"],
  });
  running.add(child);
  const gone = once(child, "close").then(() => running.delete(child));
  const { stdin, stdout, stderr } = child as ChildProcess & {
    stdin: Writable;
    stdout: Readable;
    stderr: Readable;
  };
  stdin.on("error", () => undefined);
  const [name] = (await once(stderr, "data")) as [Buffer];
  let written = Buffer.alloc(0);
  const listeners = new Set<(bytes: Buffer) => void>();
  stdout.on("data", (bytes: Buffer) => {
    written = Buffer.concat([written, bytes]);
    for (const listen of listeners) listen(bytes);
  });
  return {
    path: name.toString().trim(),
    write: (bytes) =>
      new Promise((resolve, reject) => {
        stdin.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    get written() {
      return written;
    },
    onBytes: (listen) => listeners.add(listen),
    until: (text) =>
      new Promise((resolve) => {
        const look = () => {
          if (!written.includes(text)) return;
          listeners.delete(look);
          resolve();
        };
        listeners.add(look);
        look();
      }),
    stall: () => void child.kill("SIGSTOP"),
    async close() {
      child.kill("SIGKILL");
      await gone;
    },
  };
}
