import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a firmware update is being written",
  sources: ["vendor flash tools: AFUEFI, fwupd capsule, SUM"],
  state: "busy",
  class: "firmware",
  action: "hold",
  view: "line",
  pattern:
    /do not (?:turn (?:the )?(?:power |system |computer |server |unit |device )?off|turn off|power (?:off|down)|switch (?:off|the)|remove (?:the )?power|interrupt (?:the )?(?:power|update|process|flash|upgrade)) ?(?:your|the|this|until|while|during|or|power|$)|^(?:Erasing|Programming|Verifying|Updating|Flashing) (?:flash|bios|firmware|block|main block|boot block).{0,60}|firmware update in progress|^Performing system upgrade\.\.\.|^Writing from <stdin> to \w{1,20} |^Flash (?:update|erase|write) .{0,40}\d{1,3} ?%/i,
  hints: [
    "do not ",
    "erasing ",
    "programming ",
    "flashing ",
    "updating ",
    "verifying ",
    "firmware update in",
    "flash ",
    "performing system upgrade",
    "writing from <stdin>",
  ],
  matches: [
    "Updating BIOS... Do not turn off the power",
    "Please do not interrupt the update",
    "Erasing flash block 12",
    "Writing from <stdin> to firmware ...     [w]",
    "Firmware update in progress",
    "DO NOT POWER OFF YOUR SYSTEM",
  ],
  rejects: [
    "do not panic",
    "do not reset the system",
    "do not turn off warnings",
    "Flash: 64 MiB",
    "Updating certificates in /etc/ssl/certs...",
  ],
});
