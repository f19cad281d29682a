import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the VMware kernel showed its purple screen",
  sources: ["VMware KB 1004250: interpreting an ESX host purple diagnostic screen"],
  state: "crash",
  class: "panic",
  action: "recover",
  view: "line",
  pattern:
    /^(?:#(?:PF|GP|UD|DE|DF|NM|MF|MC) Exception \d{1,3} in world \d|@BlueScreen: |PANIC bora\/|PCPU \d{1,4}: no heartbeat|Panic Message: @BlueScreen|NOT_(?:REACHED|IMPLEMENTED) bora\/|LINT1(?:\/NMI)? \(motherboard nonmaskable interrupt\)|The system has found a problem on your machine)/,
  hints: [
    "exception ",
    "@bluescreen",
    "panic bora/",
    "no heartbeat",
    "_reached bora/",
    "_implemented bora/",
    "motherboard nonmaskable",
  ],
  matches: [
    "#PF Exception 14 in world 2097253:vmm1:VM-DB IP 0x418033a8c1f7 addr 0x0",
    "@BlueScreen: NMI IPI: Panic requested",
  ],
  rejects: ['Exception in thread "main"'],
});
