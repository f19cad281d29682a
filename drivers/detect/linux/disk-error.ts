import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a disk does not read or write what it should",
  sources: [
    'Linux block/blk-core.c blk_print_req_error(): "I/O error, dev %s, sector %llu"',
    "Linux drivers/ata/libata-eh.c",
  ],
  state: "warning",
  class: "disk-error",
  action: "notify",
  view: "line",
  pattern:
    /(?:^|: |, |\] )(?:I\/O error, dev \w{2,20}|critical (?:medium|target|nexus) error, dev|Buffer I\/O error on|blk_update_request: .{0,40}error|end_request: I\/O error)|^ata\d{1,3}(?:\.\d\d)?: (?:failed command|exception Emask|error: )|Sense Key : (?:Medium|Hardware) Error|Add\. Sense: Unrecovered read error/,
  hints: [
    "i/o error",
    "error, dev ",
    "failed command",
    "exception emask",
    "sense key : ",
    "unrecovered read error",
    "blk_update_request",
  ],
  matches: [
    "I/O error, dev sda, sector 2048 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
    "Buffer I/O error on dev vdb, logical block 0, async page read",
    "ata1.00: failed command: READ FPDMA QUEUED",
  ],
  rejects: [
    "ata1: SATA max UDMA/133 abar m4096@0xfebd5000 port 0xfebd5100 irq 27",
    "no I/O errors",
  ],
});
