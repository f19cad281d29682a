import { TelnetCodec } from "oob/codec/telnet";
import { TELNET_OPTION } from "oob/codec/telnet-option";
import {
  addressText,
  type Clock,
  concatBytes,
  connectSocket,
  defineConsole,
  durationOf,
  type LinkCodec,
  type LinkNotice,
  numberOf,
  seconds,
  socketLink,
  textOf,
} from "oob/sdk";

const TELNET_PORT = 23;
const CONNECT_TIMEOUT = seconds(10);
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

export default defineConsole({
  summary: "telnet port of a console server or a virtual machine, with BREAK",
  sources: [
    "RFC 854, RFC 856, RFC 857, RFC 858, RFC 1143",
    "ser2net 4.3.11; QEMU 7.2 (CR LF is two Enters there, unasked options leak into the host)",
  ],
  address: "host-port",
  identity: ["host", "port"],
  options: {
    host: { kind: "text", required: true, summary: "name or address of the console server" },
    port: { kind: "integer", default: TELNET_PORT, min: 1, max: 65535, summary: "TCP port" },
    "connect-timeout": {
      kind: "duration",
      default: "10s",
      summary: "how long to wait for the connection",
    },
    baud: {
      kind: "integer",
      min: 50,
      max: 4_000_000,
      summary: "speed of the line behind the port: shown, and how fast pastes go; sets none",
    },
  },
  async open(options, context) {
    const address = { host: textOf(options, "host"), port: numberOf(options, "port", TELNET_PORT) };
    const timeout = durationOf(options, "connect-timeout", CONNECT_TIMEOUT);
    const socket = await connectSocket(address, { ...context, timeout });
    const peer = addressText(address);
    const telnet = new TelnetCodec();
    const first = new FirstOptions(context.clock);
    const speed = options.baud === undefined ? "" : ` ${numberOf(options, "baud", 0)}`;
    let tell: ((notice: LinkNotice) => void) | undefined;
    const link = socketLink({
      label: `${peer} telnet${speed}`,
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
  },
});
