/**
 * What drivers, rules, boot loaders and runbooks are written against: `import { … } from "oob/sdk"`.
 * The only index file of the tree.
 */
export { concatBytes, latin1, utf8 } from "../lib/bytes.ts";
export type { Clock, Millis, Timer } from "../lib/clock.ts";
export { formatDuration, hours, minutes, parseDuration, seconds } from "../lib/durations.ts";
export { type ErrorCode, messageOf, OobError } from "../lib/errors.ts";
export { printable } from "../lib/printable.ts";
export * from "./boot-loader.ts";
export * from "./calls.ts";
export { openComPort } from "./com-port-link.ts";
export { addressText, connectSocket, type SocketAddress } from "./connect-socket.ts";
export { openConserver } from "./conserver-link.ts";
export { conserverFaults } from "./conserver-talk.ts";
export * from "./converse.ts";
export * from "./ipmitool.ts";
export * from "./link.ts";
export { linkStream } from "./link-stream.ts";
export { loginInTurn } from "./login-turns.ts";
export * from "./menu-profile.ts";
export * from "./modem-dial.ts";
export * from "./modem-hang-up.ts";
export * from "./modem-line.ts";
export * from "./modem-link.ts";
export * from "./modem-ready.ts";
export * from "./network-options.ts";
export * from "./options.ts";
export { PortSession } from "./port-session.ts";
export * from "./power.ts";
export * from "./prompts.ts";
export * from "./pty-command.ts";
export * from "./qmp-client.ts";
export * from "./rule.ts";
export { type RunResult, runCommand } from "./run-command.ts";
export * from "./runbook.ts";
export { openSerial, type SerialBinding, serialFaults } from "./serial-link.ts";
export * from "./serial-pdu-profile.ts";
export * from "./snmp-profile.ts";
export {
  type LinkCodec,
  type SocketLinkOptions,
  socketLink,
  type WireLink,
} from "./socket-link.ts";
export { sshFaults } from "./ssh-command.ts";
export { openSsh } from "./ssh-link.ts";
export { rebootBySysrq } from "./sysrq.ts";
export { openTelnet, TELNET_PORT } from "./telnet-link.ts";
export { joinVspc, type VspcAddress } from "./vspc.ts";
