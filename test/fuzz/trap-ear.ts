import type { RemoteInfo } from "node:dgram";
import { TrapEar } from "../../src/daemon/traps/trap-ear.ts";
import type { TrapNews, TrapSource } from "../../src/daemon/traps/trap-talk.ts";
import { ManualClock } from "../../src/lib/clock.ts";
import { nested, trap1, trap2c, trap3nobody } from "../daemon/traps/trap-bytes.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

const SOURCE: TrapSource = {
  pdu: "pdu-a",
  addresses: ["10.0.0.5"],
  login: { version: "3", user: "oob", auth: { protocol: "sha", secret: "nobody knows it" } },
  communities: ["nobody knows this either"],
};
const FROM: RemoteInfo = { address: "10.0.0.5", port: 162, family: "IPv4", size: 0 };

const clock = new ManualClock();
const news: TrapNews[] = [];
const ear = new TrapEar([SOURCE], {
  clock,
  tell: (told) => news.push(told),
  wire: { send: () => undefined } as never,
});

/** Whatever comes: nothing is thrown, and nothing is taken for a trap of a PDU whose secrets it does not hold. */
const target: FuzzTarget = {
  seeds: [trap1("public"), trap2c("public"), trap3nobody(), nested(50)],
  async run(input) {
    // Lets the allowance fill up again: each datagram is to be read.
    await clock.advance(1000);
    ear.hear(Buffer.from(input), FROM);
    const trap = news.find((told) => told.is === "trap");
    news.length = 0;
    if (trap) throw new Error("a trap without the secrets was told");
  },
};

export default target;
