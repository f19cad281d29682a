/** The program that hears traps. Started by the daemon, told over its channel, and gone with it. */
import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { systemClock } from "../../lib/clock.ts";
import { messageOf } from "../../lib/errors.ts";
import { TrapEar } from "./trap-ear.ts";
import { BEAT_EVERY, type TrapNews, type TrapOrder } from "./trap-talk.ts";

process.title = "oob-traps";
// The daemon ends it: Ctrl-C in a terminal is meant for the daemon.
for (const signal of ["SIGHUP", "SIGINT"]) process.on(signal, () => undefined);
process.on("disconnect", () => process.exit(0));

const tell = (news: TrapNews) => process.send?.(news);

process.once("message", (order: TrapOrder) => {
  const socket = createSocket({ type: isIPv6(order.address) ? "udp6" : "udp4" });
  const ear = new TrapEar(order.sources, { clock: systemClock, tell, wire: socket });
  socket.on("error", (error) => {
    process.send?.({ is: "failed", why: messageOf(error) }, () => process.exit(1));
  });
  socket.on("message", (datagram, from) => ear.hear(datagram, from));
  socket.bind(order.port, order.address, () => {
    tell({ is: "ready", port: socket.address().port });
    beat();
  });
});

function beat(): void {
  tell({ is: "beat" });
  systemClock.after(BEAT_EVERY, beat);
}
