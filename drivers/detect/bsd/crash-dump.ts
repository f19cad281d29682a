import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a crash dump is being written",
  sources: [
    'FreeBSD sys/kern/kern_dump.c: "Dumping %ju out of %ju MB:"',
    'OpenBSD, NetBSD dumpsys(): "dumping to dev"',
  ],
  state: "busy",
  class: "crash-dump",
  action: "hold",
  view: "line",
  pattern:
    /^(?:Dumping \d{1,9} out of \d{1,9} MB:|dumping to dev(?! .{0,60}not possible)|\(CTRL-C to abort\) )/,
  hints: ["dumping ", "(ctrl-c to abort)"],
  matches: ["Dumping 1234 out of 8154 MB:..1%", "dumping to dev 4,1, offset 2097152"],
  rejects: ["dumping to dev 4,1 (offset=0, size=0): not possible", "Dumping core"],
});
