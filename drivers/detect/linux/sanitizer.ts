import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a debugging kernel found wrong memory access",
  sources: [
    'Linux mm/kasan/report.c: "BUG: KASAN: %s in %pS"',
    "Linux mm/kfence/report.c, mm/kmsan/report.c, kernel/kcsan/report.c, lib/ubsan.c",
  ],
  state: "warning",
  class: "sanitizer",
  action: "notify",
  view: "line",
  pattern: /^(?:BUG: (?:KASAN|KMSAN|KCSAN|KFENCE)\b|UBSAN: |UBSan: |ASan: |kasan: )/,
  unless: /initialized|CONFIG_KASAN/,
  hints: ["bug: kasan", "bug: kmsan", "bug: kcsan", "bug: kfence", "ubsan: ", "asan: ", "kasan: "],
  matches: [
    "BUG: KASAN: use-after-free in foo+0x1/0x2",
    "UBSAN: array-index-out-of-bounds in drivers/foo.c:1:2",
    "BUG: KCSAN: data-race in a / b",
  ],
  rejects: ["kasan: KernelAddressSanitizer initialized", "the BUG: KASAN: lines"],
});
