import { defineRule } from "oob/sdk";

export default defineRule({
  means: "U-Boot asks the network for something to boot, again and again",
  sources: [
    'U-Boot net/net.c: "%s; starting again"',
    'U-Boot net/bootp.c: "Retry time exceeded"; net/arp.c: "ARP Retry count exceeded"',
  ],
  state: "stuck",
  class: "no-boot-device",
  action: "confirm",
  view: "line",
  pattern: /^(?:Retry time exceeded|(?:ARP )?Retry count exceeded); starting again/,
  hints: ["; starting again"],
  matches: ["Retry time exceeded; starting again", "ARP Retry count exceeded; starting again"],
  rejects: ["service failed; starting again"],
});
