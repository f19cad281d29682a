import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a firmware update is being written",
  sources: ["vendor flash tools: AFUEFI, fwupd capsule, SUM"],
  state: "busy",
  class: "firmware",
  action: "hold",
  view: "line",
  pattern:
    /(?:[Dd]o not|DO NOT) (?:turn off|power off|power down|remove power|interrupt|switch off|reset)|^(?:Erasing|Programming|Verifying|Updating|Flashing) (?:flash|FLASH|BIOS|firmware|Firmware|block|main block|boot block).{0,60}|[Ff]irmware update in progress|^Flash (?:update|erase|write) .{0,40}\d{1,3} ?%/,
  hints: [
    "do not ",
    "erasing ",
    "programming ",
    "flashing ",
    "updating ",
    "verifying ",
    "firmware update in",
    "flash ",
  ],
  matches: [
    "Updating BIOS... Do not turn off the power",
    "Erasing flash block 12",
    "Firmware update in progress",
    "DO NOT power off YOUR SYSTEM",
  ],
  rejects: ["do not panic", "Flash: 64 MiB", "Updating certificates in /etc/ssl/certs..."],
});
