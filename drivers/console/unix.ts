import {
  addressText,
  CONNECT_TIMEOUT_OPTION,
  connectSocket,
  connectTimeoutOf,
  defineConsole,
  socketLink,
  textOf,
} from "oob/sdk";

/**
 * A Unix socket takes some 280 pieces, however small, before its sender has to wait (measured, Linux 6.18), and QEMU
 * sends what a guest prints on an emulated UART byte by byte: 14 kB a second.
 */
const READ_WITHIN = 20;

export default defineConsole({
  summary: "Unix socket, as virtual machines have for their consoles",
  sources: ["unix(7)", "QEMU 7.2, -chardev socket,path=…,server=on"],
  address: "path",
  identity: ["path"],
  options: {
    path: { kind: "text", required: true, summary: "path of the socket" },
    "connect-timeout": CONNECT_TIMEOUT_OPTION,
  },
  async open(options, context) {
    const address = { path: textOf(options, "path") };
    const timeout = connectTimeoutOf(options);
    const socket = await connectSocket(address, { ...context, timeout });
    const peer = addressText(address);
    return socketLink({ label: `${peer} unix`, peer, socket, readWithin: READ_WITHIN });
  },
});
