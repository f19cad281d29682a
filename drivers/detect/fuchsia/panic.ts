import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the Zircon kernel panicked",
  sources: ['Fuchsia zircon/kernel/lib/debuglog; platform_panic_start(): "ZIRCON KERNEL PANIC"'],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  pattern:
    /^(?:ZIRCON )?KERNEL PANIC\b|^panic \(caller 0x[0-9a-f]{1,16}|^ASSERT FAILED (?:at|in) |^DEBUG ASSERT FAILED|^<(?:PAGE|DOUBLE) FAULT> |^(?:x86_df_handler|double fault), halting|^recursion in interrupt handler|^platform_halt suggested_action|^KVM internal error\. Suberror|^entering panic shell loop|^fatal (?:page fault|exception) in supervisor/,
  hints: [
    "kernel panic",
    "panic (caller",
    "assert failed",
    "fault> ",
    "double fault, halting",
    "recursion in interrupt",
    "platform_halt",
    "kvm internal error",
    "panic shell loop",
  ],
  matches: [
    "ZIRCON KERNEL PANIC",
    "panic (caller 0xffffffff00123456 frame 0xffff): ASSERT FAILED at (foo.cpp:12): x",
    "KVM internal error. Suberror: 1",
    "ASSERT FAILED at (kernel/foo.cpp:12): bar",
  ],
  rejects: ["the KERNEL PANICKED"],
});
