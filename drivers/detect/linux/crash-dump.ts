import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a crash kernel saves the memory of the dead one",
  sources: [
    'kdump-tools; kexec-tools; makedumpfile print_info.c: "Copying data"',
    "Linux Documentation/admin-guide/kdump/kdump.rst: elfcorehdr=",
  ],
  state: "busy",
  class: "crash-dump",
  action: "hold",
  view: "line",
  pattern:
    /^(?:Kernel command line|Command line): .{0,400}\belfcorehdr=|^(?:kdump(?:-tools|\.sh)?(?:\[\d{1,8}\])?: ){1,2}(?:saving|Starting kdump-tools: running makedumpfile|running makedumpfile|saved)|^(?:kdump\S{0,12}: )?(?:Copying data|Checking for memory holes|Excluding unnecessary pages|Excluding free pages) {1,80}: \[|^(?:kdump\[?\d{0,8}\]?: )?saving (?:to|vmcore)|^Saving dump using makedumpfile/,
  hints: [
    "elfcorehdr=",
    "kdump",
    "copying data",
    "saving vmcore",
    "excluding ",
    "checking for memory holes",
    "saving dump using makedumpfile",
  ],
  matches: [
    "Command line: BOOT_IMAGE=/vmlinuz irqpoll nr_cpus=1 reset_devices elfcorehdr=0x2d000000",
    "Copying data                                      : [ 41.0 %] -           eta: 3s",
    "kdump: saving to /var/crash",
    "kdump.sh[412]: kdump: saving vmcore",
    "Excluding unnecessary pages                       : [ 10.0 %] -",
    "Checking for memory holes                         : [100.0 %] |",
    "Saving dump using makedumpfile",
  ],
  rejects: [
    "kdump-tools[278]: no crashkernel= parameter in the kernel cmdline ... failed!",
    "Copying data to disk",
  ],
});
