/**
 * What drivers, rules, boot loaders and runbooks are written against: `import { … } from "oob/sdk"`.
 * The only index file of the tree.
 */
export { quoteWord as shellQuote } from "../codec/shell-words.ts";
export { concatBytes, latin1, utf8 } from "../lib/bytes.ts";
export type { Clock, Millis, Timer } from "../lib/clock.ts";
export { formatDuration, hours, minutes, parseDuration, seconds } from "../lib/durations.ts";
export { type ErrorCode, messageOf, OobError } from "../lib/errors.ts";
export { printable } from "../lib/printable.ts";
export * from "./advisory-feeds.ts";
export * from "./boot/loader-prompt.ts";
export * from "./boot/prompt-loader.ts";
export * from "./boot/system-boot.ts";
export * from "./boot/user-level.ts";
export * from "./boot-loader.ts";
export { openConserver } from "./conserver/conserver-link.ts";
export { conserverFaults } from "./conserver/conserver-talk.ts";
export * from "./daily.ts";
export * from "./dialogue/converse.ts";
export { withLineEnd } from "./dialogue/line-end.ts";
export { loginInTurn } from "./dialogue/login-turns.ts";
export { PortSession } from "./dialogue/port-session.ts";
export * from "./file-flags/flag-scripts.ts";
export * from "./firmware/enter-firmware.ts";
export * from "./firmware/firmware-map.ts";
export * from "./firmware/firmware-run.ts";
export * from "./firmware/read-page.ts";
export * from "./firmware/set-entry.ts";
export * from "./firmware/set-up.ts";
export * from "./http/http-client.ts";
export * from "./http/http-options.ts";
export * from "./http/http-pdu.ts";
export { openHttpSocket } from "./http/http-socket.ts";
export * from "./http/json-fields.ts";
export * from "./link.ts";
export * from "./log-to-console/log-plan.ts";
export * from "./mend/come-up.ts";
export * from "./mend/disk-use.ts";
export * from "./mend/fstab.ts";
export * from "./mend/grub-menu.ts";
export * from "./mend/md-arrays.ts";
export * from "./mend/restart.ts";
export * from "./mend/timed-undo.ts";
export * from "./menu-profile.ts";
export * from "./modem/calls.ts";
export * from "./modem/modem-dial.ts";
export * from "./modem/modem-hang-up.ts";
export * from "./modem/modem-line.ts";
export * from "./modem/modem-link.ts";
export * from "./modem/modem-ready.ts";
export * from "./named-list.ts";
export { openComPort } from "./network/com-port-link.ts";
export { addressText, connectSocket, type SocketAddress } from "./network/connect-socket.ts";
export { linkStream } from "./network/link-stream.ts";
export * from "./network/network-options.ts";
export {
  type LinkCodec,
  type SocketLinkOptions,
  socketLink,
  type WireLink,
} from "./network/socket-link.ts";
export * from "./network/talk.ts";
export { openTelnet, TELNET_PORT } from "./network/telnet-link.ts";
export { writeToEnd } from "./network/write-to-end.ts";
export * from "./notify/alert.ts";
export * from "./notify/http-post.ts";
export * from "./notify/mail-options.ts";
export * from "./notify/smtp-client.ts";
export * from "./nut/upsd-client.ts";
export * from "./options.ts";
export * from "./power.ts";
export * from "./program/ipmi-chassis.ts";
export * from "./program/ipmitool.ts";
export * from "./program/pty-command.ts";
export * from "./program/qmp-client.ts";
export { type RunResult, runCommand } from "./program/run-command.ts";
export * from "./prompts.ts";
export * from "./redfish/redfish-service.ts";
export * from "./rule.ts";
export * from "./run-report.ts";
export * from "./runbook.ts";
export * from "./sac/sac.ts";
export {
  formatFaults,
  openSerial,
  type SerialBinding,
  serialFaults,
} from "./serial/serial-link.ts";
export * from "./serial-pdu-profile.ts";
export * from "./serial-pdu-rows.ts";
export * from "./snmp-profile.ts";
export { sshFaults } from "./ssh/ssh-command.ts";
export { openSsh } from "./ssh/ssh-link.ts";
export { askSysrq, rebootBySysrq } from "./sysrq.ts";
export { joinVspc, type VspcAddress } from "./vspc/vspc.ts";
