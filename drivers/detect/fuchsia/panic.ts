import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the Zircon kernel panicked",
  sources: ['Fuchsia zircon/kernel/lib/debuglog; platform_panic_start(): "ZIRCON KERNEL PANIC"'],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  pattern:
    /^(?:ZIRCON )?KERNEL PANIC\b|^panic \(caller 0x[0-9a-f]{1,16}|^<(?:PAGE|DOUBLE) FAULT> |^(?:x86_df_handler|double fault), halting|^recursion in interrupt handler|^platform_halt suggested_action|^entering panic shell loop|^fatal (?:page fault|exception) in supervisor/,
  hints: [
    "kernel panic",
    "panic (caller",
    "fault> ",
    "double fault, halting",
    "recursion in interrupt",
    "platform_halt",
    "panic shell loop",
  ],
  matches: [
    "ZIRCON KERNEL PANIC",
    "panic (caller 0xffffffff00123456 frame 0xffff): ASSERT FAILED at (foo.cpp:12): x",
  ],
  rejects: ["the KERNEL PANICKED", "ASSERT FAILED at test_queue.c:112: q->len == 3"],
});
