import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the NetBSD boot loader waits for a command",
  sources: [
    'NetBSD sys/arch/i386/stand/boot/boot2.c bootmenu(): "type \\"?\\" or \\"help\\" for help."',
  ],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern: /^type "\?" or "help" for help\.$/,
  hints: [" for help."],
  matches: ['type "?" or "help" for help.'],
  rejects: ['Type "help" for help.'],
});
