// A host that floods, as a process of its own: how busy it is must not show in what the test measures.
//   node flooder.mjs   prints its TCP port; then for each line "<base64 piece> <bytes>" on stdin prints that much, as
//   fast as it is read, and says "done".
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

let socket;
const server = createServer((client) => {
  socket = client;
  client.on("error", () => client.destroy());
  client.resume();
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
console.log(server.address().port);
for await (const line of createInterface({ input: process.stdin })) {
  const [piece, bytes] = line.split(" ");
  const data = Buffer.from(piece, "base64");
  for (let left = Number(bytes); left > 0; left -= data.length)
    if (!socket.write(data)) await once(socket, "drain");
  console.log("done");
}
process.exit(0);
