import { defineRule } from "oob/sdk";

export default defineRule({
  means: "somebody reset the host with SysRq",
  sources: ['Linux drivers/tty/sysrq.c: sysrq_reboot_op "Resetting"'],
  state: "busy",
  class: "reboot",
  action: "hold",
  view: "line",
  pattern:
    /^sysrq: (?:SysRq : )?(?:Resetting|Emergency Restart|Power Off)$|^SysRq : (?:Resetting|Emergency Restart|Power Off)$/,
  hints: ["sysrq: ", "sysrq : "],
  matches: ["sysrq: Resetting", "SysRq : Resetting"],
  rejects: ["sysrq: Emergency Sync", "sysrq: HELP : loglevel(0-9) reboot(b) crash(c)"],
});
