import { linkSync, rmSync, statSync, unlinkSync } from "node:fs";
import type { Server } from "node:net";

/** A Unix socket that is listened at. */
export interface ListeningAt {
  /** Takes the file away, if it is still ours, and accepts nobody any more. Connections go on. */
  close(): void;
}

/**
 * Listens at a Unix socket for the owner alone, mode 0600. The file appears at once, listened at: bind(2) by itself makes
 * it, and who connects before listen(2) is refused, as at a file that a dead process left, and may take it for one.
 * Rejects with EEXIST where something stands there.
 */
export async function listenAt(server: Server, path: string): Promise<ListeningAt> {
  const binding = `${path}.${process.pid}`;
  // Of a process before us with the same id.
  rmSync(binding, { force: true });
  const listening = new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.once("listening", resolve);
  });
  // bind() is done within listen(): the mask makes the file 0600 from its first moment, and touches no other file.
  const before = process.umask(0o177);
  try {
    server.listen(binding);
  } finally {
    process.umask(before);
  }
  await listening;
  try {
    linkSync(binding, path);
  } catch (thrown) {
    server.close();
    throw thrown;
  } finally {
    rmSync(binding, { force: true });
  }
  const { ino } = statSync(path);
  return {
    close() {
      // First the file: nobody puts another in its place while this one is answered.
      if (statSync(path, { throwIfNoEntry: false })?.ino === ino) unlinkSync(path);
      server.close();
    },
  };
}
