import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a boot loader waits for a command",
  sources: [
    "RedBoot, CFE, Cisco ROMMON and NX-OS, Arista Aboot, YAMON, iPXE manuals: their prompts",
  ],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern:
    /^(?:(?:RedBoot|CFE|rommon(?: #?\d{1,4})? ?|YAMON|PMON|loader|iPXE|Aboot|ROMMON)> |Aboot# |switch\(boot\)# |barebox[@:][\w@:~ /-]{0,60}[$#>] )$/,
  hints: [
    "redboot> ",
    "cfe> ",
    " > ",
    "rommon> ",
    "loader> ",
    "ipxe> ",
    "aboot# ",
    "(boot)# ",
    "1> ",
    "yamon> ",
    "pmon> ",
  ],
  prompt: true,
  matches: [
    "RedBoot> ",
    "CFE> ",
    "rommon 1 > ",
    "rommon #1> ",
    "rommon> ",
    "loader> ",
    "iPXE> ",
    "Aboot# ",
    "switch(boot)# ",
  ],
  rejects: ["at the RedBoot> "],
});
