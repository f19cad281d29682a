import type { Socket } from "node:net";

/**
 * Writes all that a connection is for, and ends it. Resolves when this machine has handed over its end; with
 * `untilClosed` when the other side has read to that end and closed in turn, which is as much as a protocol without answers
 * can prove. Throws what broke it.
 */
export async function writeToEnd(
  socket: Socket,
  bytes: Uint8Array,
  signal: AbortSignal,
  { untilClosed = false }: { readonly untilClosed?: boolean } = {},
): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      let handedOver = false;
      socket.once("error", reject);
      socket.once("close", (hadError) =>
        handedOver && !hadError ? resolve() : reject(new Error("it hung up")),
      );
      signal.addEventListener("abort", () => reject(new Error("no end of it")), { once: true });
      socket.resume();
      socket.end(bytes, (error?: Error) => {
        if (error) return reject(error);
        handedOver = true;
        if (!untilClosed) resolve();
      });
    });
  } finally {
    socket.destroy();
  }
}
