import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the GRUB menu counts down",
  sources: [
    'GRUB 2 grub-core/normal/menu_text.c: "The highlighted entry will be executed automatically in %ds."',
  ],
  state: "healthy",
  class: "boot",
  action: "none",
  view: "line",
  pattern: /The highlighted entry will be executed automatically in \d/,
  hints: ["highlighted entry will be"],
  matches: ["The highlighted entry will be executed automatically in 5s."],
  rejects: ["The highlighted entry"],
});
