import { defineRule } from "oob/sdk";

export default defineRule({
  means: "Secure Boot refuses what it should start, and asks a person",
  sources: [
    'shim: console.c console_error(), shim.c: "Verification failed: (0x1A) Security Violation"',
  ],
  state: "stuck",
  class: "boot-loader",
  action: "notify",
  view: "line",
  pattern: /^(?:ERROR )?Verification failed: \(0x\w{1,4}\) Security Violation/,
  hints: ["security violation"],
  matches: ["Verification failed: (0x1A) Security Violation"],
  rejects: ["a Security Violation"],
});
