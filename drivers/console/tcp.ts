import { defineConsole, numberOf, openStream, SHOWN_BAUD, socketLink, tcpOptions } from "oob/sdk";

export default defineConsole({
  summary: "raw TCP port of a console server or a virtual machine",
  sources: ["socket(7), tcp(7)", "ser2net 4.3.11, accepter tcp"],
  address: "host-port",
  identity: ["host", "port"],
  options: { ...tcpOptions(), baud: SHOWN_BAUD },
  async open(options, context) {
    const { socket, peer } = await openStream(options, context);
    const speed = options.baud === undefined ? "" : ` ${numberOf(options, "baud", 0)}`;
    return socketLink({ label: `${peer} tcp${speed}`, peer, socket });
  },
});
