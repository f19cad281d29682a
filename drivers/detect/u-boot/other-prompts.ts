import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a boot loader waits for a command",
  sources: [
    "RedBoot, CFE, Cisco ROMMON and NX-OS, Arista Aboot, YAMON, iPXE, HP-UX and PA-RISC manuals: their prompts",
  ],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern:
    /^(?:(?:RedBoot|CFE|rommon(?: #?\d{1,4})? ?|YAMON|PMON|loader|iPXE|Aboot|ROMMON)> |ISL> |Main Menu: Enter command > |Aboot# |switch\(boot\)# |barebox[@:][\w@:~ /-]{0,60}[$#>] )$/,
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
    "isl> ",
    "enter command > ",
  ],
  prompt: true,
  matches: [
    "RedBoot> ",
    "CFE> ",
    "ISL> ",
    "Main Menu: Enter command > ",
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
