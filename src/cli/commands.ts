import type { CommandSpec } from "./command.ts";

/** Headings of `oob help`, in the order in which they stand. */
export const GROUPS = ["Consoles", "Power", "Watching over", "Runbooks", "Setting up"] as const;

/** A command as listed: what `oob help` shows, and where the rest is found once it is wanted. */
export interface CommandEntry {
  readonly name: string;
  readonly group: (typeof GROUPS)[number];
  readonly summary: string;
  readonly load: () => Promise<{ readonly default: CommandSpec }>;
}

/** Every command. Nothing of a command is loaded before it is called. */
export const COMMANDS: readonly CommandEntry[] = [
  {
    name: "attach",
    group: "Consoles",
    summary: "stand at the console of a host",
    load: () => import("./commands/attach.ts"),
  },
  {
    name: "spy",
    group: "Consoles",
    summary: "watch a console without writing",
    load: () => import("./commands/spy.ts"),
  },
  {
    name: "send",
    group: "Consoles",
    summary: "type a text, a BREAK or a SysRq key at consoles",
    load: () => import("./commands/send.ts"),
  },
  {
    name: "who",
    group: "Consoles",
    summary: "who is at which console",
    load: () => import("./commands/who.ts"),
  },
  {
    name: "kick",
    group: "Consoles",
    summary: "send somebody away from a console",
    load: () => import("./commands/kick.ts"),
  },
  {
    name: "message",
    group: "Consoles",
    summary: "tell people at a console something",
    load: () => import("./commands/message.ts"),
  },
  {
    name: "sendfile",
    group: "Consoles",
    summary: "send a file to a host over its console",
    load: () => import("./commands/sendfile.ts"),
  },
  {
    name: "getfile",
    group: "Consoles",
    summary: "get a file from a host over its console",
    load: () => import("./commands/getfile.ts"),
  },
  {
    name: "modem",
    group: "Consoles",
    summary: "telephone calls: list, test a modem, dial, hang up",
    load: () => import("./commands/modem.ts"),
  },
  {
    name: "screen",
    group: "Consoles",
    summary: "what a console shows now",
    load: () => import("./commands/screen.ts"),
  },
  {
    name: "log",
    group: "Consoles",
    summary: "what a console printed, with times",
    load: () => import("./commands/log.ts"),
  },
  {
    name: "anchor",
    group: "Consoles",
    summary: "where checkpoints of the logs are kept: list, or receive them",
    load: () => import("./commands/anchor.ts"),
  },
  {
    name: "power",
    group: "Power",
    summary: "read or switch the outlets of hosts",
    load: () => import("./commands/power.ts"),
  },
  {
    name: "pdu",
    group: "Power",
    summary: "outlets of a PDU",
    load: () => import("./commands/pdu.ts"),
  },
  {
    name: "intent",
    group: "Power",
    summary: "what waits for a second person",
    load: () => import("./commands/intent.ts"),
  },
  {
    name: "status",
    group: "Watching over",
    summary: "console, power and health of hosts",
    load: () => import("./commands/status.ts"),
  },
  {
    name: "watch",
    group: "Watching over",
    summary: "the same, live",
    load: () => import("./commands/watch.ts"),
  },
  {
    name: "why",
    group: "Watching over",
    summary: "why a host is judged as it is, and what comes next",
    load: () => import("./commands/why.ts"),
  },
  {
    name: "hold",
    group: "Watching over",
    summary: "keep watchdog and runbooks off hosts for a time",
    load: () => import("./commands/hold.ts"),
  },
  {
    name: "release",
    group: "Watching over",
    summary: "end a hold",
    load: () => import("./commands/release.ts"),
  },
  {
    name: "events",
    group: "Watching over",
    summary: "what happened: sessions, power, watchdog",
    load: () => import("./commands/events.ts"),
  },
  {
    name: "audit",
    group: "Watching over",
    summary: "who did what, when, from where and why",
    load: () => import("./commands/audit.ts"),
  },
  {
    name: "incident",
    group: "Watching over",
    summary: "incidents: list, show, approve, deny, close",
    load: () => import("./commands/incident.ts"),
  },
  {
    name: "notify",
    group: "Watching over",
    summary: "alerts: channels and what waits; send a test",
    load: () => import("./commands/notify.ts"),
  },
  {
    name: "detect",
    group: "Watching over",
    summary: "judge recorded console bytes from stdin",
    load: () => import("./commands/detect.ts"),
  },
  {
    name: "backtest",
    group: "Watching over",
    summary: "what the watchdog would have done, by old console logs",
    load: () => import("./commands/backtest.ts"),
  },
  {
    name: "run",
    group: "Runbooks",
    summary: "run a runbook on hosts",
    load: () => import("./commands/run.ts"),
  },
  {
    name: "runbook",
    group: "Runbooks",
    summary: "runbooks: list, show, check, test, write; clear what stopped",
    load: () => import("./commands/runbook.ts"),
  },
  {
    name: "report",
    group: "Runbooks",
    summary: "what runbooks found: of a host, and of all on one page",
    load: () => import("./commands/report.ts"),
  },
  {
    name: "port",
    group: "Setting up",
    summary: "find serial ports, and the speeds at which consoles speak",
    load: () => import("./commands/port.ts"),
  },
  {
    name: "config",
    group: "Setting up",
    summary: "check the configuration",
    load: () => import("./commands/config.ts"),
  },
  {
    name: "access",
    group: "Setting up",
    summary: "who may do what on which host, and why",
    load: () => import("./commands/access.ts"),
  },
  {
    name: "doctor",
    group: "Setting up",
    summary: "what is wrong with this installation, and what to do",
    load: () => import("./commands/doctor.ts"),
  },
  {
    name: "serve",
    group: "Setting up",
    summary: "be the daemon: hold consoles, log, watch",
    load: () => import("./commands/serve.ts"),
  },
  {
    name: "ssh-entry",
    group: "Setting up",
    summary: "what sshd runs for those who come by ssh",
    load: () => import("./commands/ssh-entry.ts"),
  },
  {
    name: "demo",
    group: "Setting up",
    summary: "a simulated rack to try all this on",
    load: () => import("./commands/demo.ts"),
  },
  {
    name: "version",
    group: "Setting up",
    summary: "print the version",
    load: () => import("./commands/version.ts"),
  },
];
