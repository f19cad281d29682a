import {
  addressText,
  connectSocket,
  defineConsole,
  durationOf,
  seconds,
  socketLink,
  textOf,
} from "oob/sdk";

const CONNECT_TIMEOUT = seconds(10);

export default defineConsole({
  summary: "Unix socket, as virtual machines have for their consoles",
  sources: ["unix(7)", "QEMU 7.2, -chardev socket,path=…,server=on"],
  address: "path",
  identity: ["path"],
  options: {
    path: { kind: "text", required: true, summary: "path of the socket" },
    "connect-timeout": {
      kind: "duration",
      default: "10s",
      summary: "how long to wait for the connection",
    },
  },
  async open(options, context) {
    const address = { path: textOf(options, "path") };
    const timeout = durationOf(options, "connect-timeout", CONNECT_TIMEOUT);
    const socket = await connectSocket(address, { ...context, timeout });
    const peer = addressText(address);
    return socketLink({ label: `${peer} unix`, peer, socket });
  },
});
