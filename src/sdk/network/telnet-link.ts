import { TelnetCodec } from "../../codec/telnet.ts";
import { TELNET_OPTION } from "../../codec/telnet-option.ts";
import type { Clock } from "../../lib/clock.ts";
import type { Link, OpenContext } from "../link.ts";
import { numberOf, type OptionValues } from "../options.ts";
import { openStream } from "./network-options.ts";
import { socketLink } from "./socket-link.ts";
import { WireNotices } from "./wire-notices.ts";

/** Where telnet servers listen (RFC 854). */
export const TELNET_PORT = 23;
/** How long what is typed first waits for the server's BINARY: before it ser2net hands the NUL of CR NUL to the host. */
const OPTIONS_TIMEOUT = 300;

/** Resolves once our side may send eight bits as they are, or the server had its time to ask for that. */
class FirstOptions {
  readonly settled: Promise<void>;
  #settle = (): void => {};

  constructor(clock: Clock) {
    this.settled = new Promise((resolve) => {
      this.#settle = resolve;
    });
    const timer = clock.after(OPTIONS_TIMEOUT, this.#settle);
    void this.settled.then(() => timer.cancel());
  }

  see(telnet: TelnetCodec): void {
    if (telnet.isOn("ours", TELNET_OPTION.binary)) this.#settle();
  }
}

/** A telnet connection, by the options host, port, connect-timeout and baud; or telnet on what the entry goes through. */
export async function openTelnet(options: OptionValues, context: OpenContext): Promise<Link> {
  const { socket, peer, prefix } = await openStream(options, context, TELNET_PORT);
  const telnet = new TelnetCodec();
  const first = new FirstOptions(context.clock);
  const notices = new WireNotices(context.clock, "telnet");
  const speed = options.baud === undefined ? "" : ` ${numberOf(options, "baud", 0)}`;
  const link = socketLink({
    label: `${prefix}telnet${speed}`,
    peer,
    socket,
    codec: {
      receive: (wire) => notices.take(telnet.receive(wire), { option: () => first.see(telnet) }),
      takeOutput: () => telnet.takeOutput(),
      encode: (bytes) => telnet.encode(bytes),
      end: () => telnet.end(),
    },
    // The server chooses its length: telnet has no word for it.
    sendBreak: (_ms, send) => first.settled.then(() => send(telnet.encodeBreak())),
    onNotice: (listen) => notices.listen(listen),
  });
  return {
    ...link,
    write: (bytes) => first.settled.then(() => link.write(bytes)),
    close() {
      notices.stop();
      return link.close();
    },
  };
}
