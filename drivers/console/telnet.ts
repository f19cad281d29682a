import { defineConsole, openTelnet, SHOWN_BAUD, TELNET_PORT, tcpOptions } from "oob/sdk";

export default defineConsole({
  summary: "telnet port of a console server or a virtual machine, with BREAK",
  sources: [
    "RFC 854, RFC 856, RFC 857, RFC 858, RFC 1143",
    "ser2net 4.3.11; QEMU 7.2 (CR LF is two Enters there, unasked options leak into the host)",
  ],
  address: "host-port",
  identity: ["host", "port"],
  through: true,
  options: { ...tcpOptions(TELNET_PORT), baud: SHOWN_BAUD },
  open: openTelnet,
});
