import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the GRUB menu waits for a choice",
  sources: [
    'GRUB 2 grub-core/normal/menu_text.c: "Use the %C and %C keys to select which entry is highlighted."',
  ],
  state: "stuck",
  class: "boot-loader",
  action: "notify",
  view: "line",
  pattern: /Use the .{1,8} and .{1,8} keys to select which entry is highlighted/,
  hints: ["keys to select which entry"],
  matches: ["      Use the ^ and v keys to select which entry is highlighted."],
  rejects: ["Use the arrow keys"],
});
