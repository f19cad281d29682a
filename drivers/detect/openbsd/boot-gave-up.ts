import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the OpenBSD boot loader found no kernel and waits",
  sources: ['OpenBSD sys/stand/boot/boot.c: "Turning timeout off."'],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern: /^Turning timeout off\./,
  hints: ["turning timeout off"],
  matches: ["Turning timeout off."],
  rejects: ["qDebug: turning timeout off"],
});
