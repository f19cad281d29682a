import { defineConsole, openSerial, serialFaults } from "oob/sdk";

const LEVELS = ["raise", "lower", "keep"] as const;

export default defineConsole({
  summary: "A serial port of this machine",
  sources: [
    "termios(3), tty_ioctl(4), stty(1)",
    "Filesystem Hierarchy Standard 3.0, 5.9: /var/lock device lock files",
    "node-serialport bindings-cpp 13.0.0, src/serialport_unix.cpp: open and update end in tcflush(TCIOFLUSH)",
  ],
  options: {
    path: {
      kind: "text",
      required: true,
      summary: 'the device; names in "/dev/serial/by-id" stay the same when adapters move',
    },
    baud: {
      kind: "integer",
      default: 115_200,
      min: 50,
      max: 4_000_000,
      summary: "speed of the line",
    },
    format: {
      kind: "text",
      default: "8n1",
      summary: "data bits, parity (n, e, o) and stop bits: 8n1, 7e1, 8o2",
    },
    flow: {
      kind: "choice",
      choices: ["none", "rtscts", "xonxoff"],
      default: "none",
      summary: "flow control",
    },
    dtr: { kind: "choice", choices: LEVELS, default: "raise", summary: "DTR once it is open" },
    rts: { kind: "choice", choices: LEVELS, default: "raise", summary: "RTS once it is open" },
    exclusive: {
      kind: "boolean",
      default: true,
      summary: "lock the device against other programs (flock)",
    },
  },
  address: "path",
  identity: ["path"],
  keep: true,
  check: serialFaults,
  open: (options, context) => openSerial(options, context),
});
