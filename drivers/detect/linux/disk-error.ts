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
    /(?:^|: |, |\] )(?:I\/O error, dev \w{2,20}|critical (?:medium|target|nexus) error, dev|Buffer I\/O error on|blk_update_request: .{0,40}error|end_request: I\/O error)|^ata\d{1,3}(?:\.\d\d)?: (?:failed command|exception Emask|error: )|^nvme\w{0,8}(?: nvme\d{1,3})?: (?:I\/O .{0,40}timeout|controller is down; will reset|Device not ready)|^nvme\w{2,12}: I\/O Cmd\(0x|rejecting I\/O to offline device|^mmc\w{2,10}: (?:error -\d|timed out sending)|^dasd-\w{2,6} \S{3,20}: An error occurred|\] (?:tag#\d{1,5} )?FAILED Result: |Sense Key : (?:Medium|Hardware) Error|Add\. Sense: Unrecovered read error/,
  hints: [
    "i/o error",
    "error, dev ",
    "failed command",
    "exception emask",
    "sense key : ",
    "nvme",
    "i/o to offline device",
    ": error -",
    "timed out sending",
    "an error occurred in the dasd",
    "failed result: ",
    "unrecovered read error",
    "blk_update_request",
  ],
  matches: [
    "I/O error, dev sda, sector 2048 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
    "Buffer I/O error on dev vdb, logical block 0, async page read",
    "nvme nvme0: I/O 123 QID 4 timeout, aborting",
    "sd 2:0:0:0: rejecting I/O to offline device",
    "mmcblk0: error -110 transferring data, sector 8192",
    "sd 0:0:0:0: [sda] tag#0 FAILED Result: hostbyte=DID_BAD_TARGET driverbyte=DRIVER_OK cmd_age=0s",
    "ata1.00: failed command: READ FPDMA QUEUED",
  ],
  rejects: [
    "ata1: SATA max UDMA/133 abar m4096@0xfebd5000 port 0xfebd5100 irq 27",
    "no I/O errors",
  ],
});
