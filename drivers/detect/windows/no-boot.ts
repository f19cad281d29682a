import { defineRule } from "oob/sdk";

export default defineRule({
  means: "Windows does not find what it boots from",
  sources: ['Microsoft: boot manager errors: "BOOTMGR is missing", "0xc000000f"'],
  state: "stuck",
  class: "no-boot-device",
  action: "recover",
  view: "line",
  pattern:
    /^(?:BOOTMGR (?:is missing|is compressed|image is corrupt)|NTLDR is (?:missing|compressed)|Windows failed to start\. A recent hardware)/,
  hints: ["bootmgr ", "ntldr is ", "windows failed to start"],
  matches: ["BOOTMGR is missing", "NTLDR is missing"],
  rejects: ["the BOOTMGR is missing"],
});
