import {
  addressText,
  connectSocket,
  defineConsole,
  durationOf,
  numberOf,
  seconds,
  socketLink,
  textOf,
} from "oob/sdk";

const CONNECT_TIMEOUT = seconds(10);

export default defineConsole({
  summary: "raw TCP port of a console server or a virtual machine",
  sources: ["socket(7), tcp(7)", "ser2net 4.3.11, accepter tcp"],
  address: "host-port",
  identity: ["host", "port"],
  options: {
    host: { kind: "text", required: true, summary: "name or address of the console server" },
    port: { kind: "integer", required: true, min: 1, max: 65535, summary: "TCP port" },
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
    const address = { host: textOf(options, "host"), port: numberOf(options, "port", 0) };
    const timeout = durationOf(options, "connect-timeout", CONNECT_TIMEOUT);
    const socket = await connectSocket(address, { ...context, timeout });
    const peer = addressText(address);
    const speed = options.baud === undefined ? "" : ` ${numberOf(options, "baud", 0)}`;
    return socketLink({ label: `${peer} tcp${speed}`, peer, socket });
  },
});
