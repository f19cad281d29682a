import { defineConsole, formatFaults, openComPort, tcpOptions } from "oob/sdk";

const LEVELS = ["raise", "lower", "keep"] as const;

export default defineConsole({
  summary: "serial port of a console server that sets its speed and lines from here (RFC 2217)",
  sources: [
    "RFC 2217, RFC 854",
    "ser2net 4.3.11, accepter telnet(rfc2217); pySerial 3.5, PortManager and rfc2217_server.py",
  ],
  address: "host-port",
  identity: ["host", "port"],
  through: true,
  options: {
    ...tcpOptions(),
    baud: {
      kind: "integer",
      min: 50,
      max: 4_000_000,
      summary: "speed; left out: as the server has it",
    },
    format: {
      kind: "text",
      summary:
        "data bits, parity (n, e, o) and stop bits: 8n1, 7e1; left out: as the server has it",
    },
    flow: {
      kind: "choice",
      choices: ["none", "rtscts", "xonxoff"],
      summary: "flow control of the port; left out: as the server has it",
    },
    dtr: { kind: "choice", choices: LEVELS, default: "keep", summary: "DTR once it is open" },
    rts: { kind: "choice", choices: LEVELS, default: "keep", summary: "RTS once it is open" },
    mismatch: {
      kind: "choice",
      choices: ["tell", "refuse"],
      default: "tell",
      summary: "where the server sets something else, or nothing: say so and go on, or do not open",
    },
    purge: {
      kind: "choice",
      choices: ["none", "input", "output", "both"],
      default: "none",
      summary: "what the server throws away at the first opening; never where it is opened again",
    },
  },
  check: formatFaults,
  open: openComPort,
});
