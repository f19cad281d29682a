import { defineRule } from "oob/sdk";

export default defineRule({
  means: "booting from the network failed",
  sources: ["Intel PXE specification 2.1, appendix: PXE-Exx codes", "iPXE"],
  state: "stuck",
  class: "no-boot-device",
  action: "confirm",
  view: "line",
  pattern:
    /^(?:PXE-E\d\d: |PXE-M[0O]F: Exiting|(?:Configuring \(net\d{1,2} [\da-f:]{17}\)\.{1,40} {0,2})?.{0,20}No configuration methods|BdsDxe: failed to (?:load|start) Boot|Could not boot: |Nothing to boot: )/,
  hints: [
    "pxe-e",
    "pxe-m0f",
    "pxe-mof",
    "nothing to boot: ",
    "no configuration methods",
    "bdsdxe: failed to",
    "could not boot: ",
  ],
  matches: [
    "PXE-E53: No boot filename received",
    "Configuring (net0 52:54:00:12:34:56)...... No configuration methods succeeded (https://ipxe.org/040ee119)",
    "PXE-M0F: Exiting NVIDIA Boot Agent.",
    'BdsDxe: failed to load Boot0001 "UEFI QEMU DVD-ROM": Not Found',
  ],
  rejects: ["see PXE-E53: in the table"],
});
