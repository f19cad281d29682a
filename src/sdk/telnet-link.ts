import { TelnetCodec } from "../codec/telnet.ts";
import { TELNET_OPTION } from "../codec/telnet-option.ts";
import { concatBytes } from "../lib/bytes.ts";
import type { Clock } from "../lib/clock.ts";
import type { Link, LinkNotice, OpenContext } from "./link.ts";
import { openStream } from "./network-options.ts";
import { numberOf, type OptionValues } from "./options.ts";
import { type LinkCodec, socketLink } from "./socket-link.ts";

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

/** Telnet taken off the wire: console bytes to the consumer, what else happened to `tell`. */
function telnetLinkCodec(
  telnet: TelnetCodec,
  tell: (notice: LinkNotice) => void,
  onOption: () => void,
): LinkCodec {
  return {
    receive(wire) {
      const data: Uint8Array[] = [];
      for (const event of telnet.receive(wire)) {
        if (event.is === "data") data.push(event.bytes);
        else if (event.is === "break") tell({ is: "break" });
        else if (event.is === "option") onOption();
        else if (event.is === "violation") tell({ is: "note", text: `telnet: ${event.what}` });
      }
      return concatBytes(data);
    },
    takeOutput: () => telnet.takeOutput(),
    encode: (bytes) => telnet.encode(bytes),
  };
}

/** A telnet connection, by the options host, port, connect-timeout and baud; or telnet on what the entry goes through. */
export async function openTelnet(options: OptionValues, context: OpenContext): Promise<Link> {
  const { socket, peer, prefix } = await openStream(options, context, TELNET_PORT);
  const telnet = new TelnetCodec();
  const first = new FirstOptions(context.clock);
  const speed = options.baud === undefined ? "" : ` ${numberOf(options, "baud", 0)}`;
  let tell: ((notice: LinkNotice) => void) | undefined;
  const link = socketLink({
    label: `${prefix}telnet${speed}`,
    peer,
    socket,
    codec: telnetLinkCodec(
      telnet,
      (notice) => tell?.(notice),
      () => first.see(telnet),
    ),
    // The server chooses its length: telnet has no word for it.
    sendBreak: (_ms, send) => first.settled.then(() => send(telnet.encodeBreak())),
    onNotice: (listen) => {
      tell = listen;
    },
  });
  return { ...link, write: (bytes) => first.settled.then(() => link.write(bytes)) };
}
