import { defineRule } from "oob/sdk";

export default defineRule({
  means: "the host was switched off in order",
  sources: ['Linux kernel/reboot.c kernel_power_off(): "reboot: Power down"'],
  state: "healthy",
  class: "power-off",
  action: "none",
  view: "line",
  pattern:
    /^(?:reboot: Power down|Power down\.$|System Power Off|acpi_power_off called|Power Off\.?$)/,
  hints: ["power down", "power off", "acpi_power_off"],
  matches: ["reboot: Power down", "Power down."],
  rejects: ["ACPI: button: Power Button [PWRF]", "Power down the fans"],
});
