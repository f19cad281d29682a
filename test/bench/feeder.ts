/**
 * Hosts that print: listens on `folder/0.sock` …, and sends to whoever connects, at `rate` bytes a second each, lines of
 * a sequence that the other side can check. Runs beside session.ts as a process of its own.
 *
 *   node feeder.js FOLDER COUNT RATE SECONDS
 */
import { createServer, type Socket } from "node:net";
import { join } from "node:path";

const [folder = "", count = "0", rate = "0", lasts = "0"] = process.argv.slice(2);
const EVERY_MS = 20;
const sockets: Socket[] = [];

for (let n = 0; n < Number(count); n++) {
  createServer((socket) => {
    socket.on("error", () => undefined);
    sockets.push(socket);
    if (sockets.length === Number(count)) feed();
  }).listen(join(folder, `${n}.sock`));
}
process.stdout.write("ready\n");

/** The stream: 78 letters and digits, CR LF, numbered. Every console prints the same. */
export function line(n: number): string {
  return `[${String(n).padStart(10)}] usb 1-1: new high-speed device number ${String(n % 1000).padStart(3)}, port status ok\r\n`;
}

function feed(): void {
  const bytes = Number(rate) * Number(lasts);
  let text = "";
  for (let n = 0; text.length < bytes; n++) text += line(n);
  const stream = Buffer.from(text.slice(0, bytes));
  const began = performance.now();
  const sent = new Array<number>(sockets.length).fill(0);
  let slice = 0;
  const timer = setInterval(() => {
    const due = Math.min(bytes, Math.floor(((performance.now() - began) / 1000) * Number(rate)));
    // A tenth of the consoles at a time, so that they do not print in step.
    for (let n = slice; n < sockets.length; n += 3) {
      const socket = sockets[n];
      const from = sent[n] ?? 0;
      if (!socket || due <= from || socket.writableLength > 1 << 20) continue;
      socket.write(stream.subarray(from, due));
      sent[n] = due;
    }
    slice = (slice + 1) % 3;
    if (sent.every((one) => one === bytes)) {
      clearInterval(timer);
      for (const socket of sockets) socket.end();
      setTimeout(() => process.exit(0), 2000);
    }
  }, EVERY_MS / 2);
}
