import { defineRule } from "oob/sdk";

export default defineRule({
  means: "U-Boot cannot go on and wants a reset",
  sources: [
    'U-Boot lib/panic.c, common/board_r.c: hang(): "### ERROR ### Please RESET the board ###"',
  ],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern: /^### ERROR ### Please RESET the board/,
  hints: ["please reset the board"],
  matches: ["### ERROR ### Please RESET the board ###"],
  rejects: ["Please RESET the board"],
});
