import { defineRule } from "oob/sdk";

export default defineRule({
  means: "U-Boot waits for a command",
  sources: ['U-Boot common/cli_readline.c; CONFIG_SYS_PROMPT "=> "'],
  state: "stuck",
  class: "boot-loader",
  action: "recover",
  view: "line",
  pattern:
    /^(?:=>|[Uu]-[Bb]oot>|STM32MP>|Zynq(?:MP)?>|Versal>|[A-Z][\w-]{1,20} (?:U-Boot|#)>|MX\w{1,12} U-Boot >|Marvell>>|ath>|hisilicon #|\((?:IPQ|QCA)\w{1,12}\) #|MT\d{4} #|Tegra\d{1,4} \([\w-]{1,30}\) #) ?$/,
  hints: [
    "stm32mp>",
    "zynq>",
    "zynqmp>",
    "versal>",
    "=> ",
    "boot>",
    "boot >",
    "marvell>>",
    "ath>",
    "hisilicon #",
    ") # ",
    " # ",
  ],
  prompt: true,
  matches: ["=> ", "U-Boot> ", "ZynqMP> ", "(IPQ807x) # ", "MT7621 # "],
  rejects: ["a => ", "x=> "],
});
