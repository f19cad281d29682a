import { defineRule } from "oob/sdk";

export default defineRule({
  means: "Windows does not find what it boots from",
  sources: ['Microsoft: boot manager errors: "BOOTMGR is missing", "0xc000000f"'],
  state: "stuck",
  class: "no-boot-device",
  action: "recover",
  view: "line",
  pattern:
    /^(?:BOOTMGR (?:is missing|is compressed|image is corrupt)|NTLDR is (?:missing|compressed)|A disk read error occurred|Windows failed to start\. A recent hardware)/,
  hints: ["bootmgr ", "ntldr is ", "a disk read error", "windows failed to start"],
  matches: ["BOOTMGR is missing", "NTLDR is missing", "A disk read error occurred"],
  rejects: ["the BOOTMGR is missing"],
});
