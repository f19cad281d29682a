import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the firmware tells the kernel nonsense",
  sources: [
    'Linux include/linux/printk.h: FW_BUG "[Firmware Bug]: "',
    "Linux drivers/acpi/acpica: ACPI_ERROR",
  ],
  state: "warning",
  class: "firmware-bug",
  action: "notify",
  view: "line",
  pattern: /^(?:.{0,60}\[Firmware Bug\]: |ACPI (?:BIOS )?(?:Error|Exception)\b)/,
  hints: ["[firmware ", "acpi error", "acpi bios error", "acpi exception"],
  matches: [
    "[Firmware Bug]: TSC_DEADLINE disabled due to Errata",
    "ACPI BIOS Error (bug): Could not resolve symbol [\\\\_SB.PCI0], AE_NOT_FOUND",
  ],
  rejects: ["ACPI: Early table checksum verification disabled", "[Firmware Bugs are counted]"],
});
