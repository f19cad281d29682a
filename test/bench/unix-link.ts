import { connect, type Socket } from "node:net";
import type { Link } from "../../src/sdk/link.ts";

/** One for all sockets: a read is copied out before the next one begins. */
const shared = Buffer.alloc(64 << 10);

/** A Unix socket as a Link, read only when asked. What a lean driver costs; the drivers' own is measured elsewhere. */
export async function unixLink(path: string): Promise<Link> {
  let waiting: ((result: IteratorResult<Uint8Array>) => void) | undefined;
  let ready: Uint8Array | undefined;
  let ended = false;
  const take = (size: number) => {
    const chunk = new Uint8Array(shared.subarray(0, size));
    if (waiting) waiting({ value: chunk, done: false });
    else ready = chunk;
    waiting = undefined;
    return false;
  };
  const socket = await new Promise<Socket>((resolve, reject) => {
    const onread = { buffer: shared, callback: take };
    const fresh = connect({ path, onread }, () => resolve(fresh));
    fresh.once("error", reject);
  });
  const end = () => {
    ended = true;
    waiting?.({ value: undefined, done: true });
  };
  socket.on("end", end);
  socket.on("close", end);
  socket.on("error", end);
  const next = () =>
    new Promise<IteratorResult<Uint8Array>>((resolve) => {
      const value = ready;
      ready = undefined;
      if (value) resolve({ value, done: false });
      else if (ended) resolve({ value: undefined, done: true });
      else {
        waiting = resolve;
        socket.resume();
      }
    });
  return {
    label: path,
    bytes: { [Symbol.asyncIterator]: () => ({ next }) },
    write: (bytes) =>
      new Promise((resolve, reject) => {
        socket.write(bytes, (error) => (error ? reject(error) : resolve()));
      }),
    close: async () => void socket.destroy(),
  };
}
