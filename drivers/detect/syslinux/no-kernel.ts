import { defineRule } from "oob/sdk";

export default defineRule({
  means: "SYSLINUX finds neither its configuration nor a kernel",
  sources: ['Syslinux core/fs/loadconfig, ui.inc: "Could not find kernel image: "'],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern:
    /^(?:Could not find kernel image: |No DEFAULT or UI configuration directive found!|Failed to load (?:ldlinux\.c32|COM32 file ))/,
  hints: [
    "could not find kernel image",
    "no default or ui",
    "failed to load ldlinux",
    "failed to load com32",
  ],
  matches: [
    "Could not find kernel image: linux",
    "No DEFAULT or UI configuration directive found!",
    "Failed to load ldlinux.c32",
  ],
  rejects: ["app: Could not find kernel image: x"],
});
