import type { DriverCatalog, DriverFacts } from "../../src/config/driver-catalog.ts";

const text = { kind: "text", summary: "where it is" } as const;

/** Drivers as configuration sees them, independent of those that ship. */
const DRIVERS: Record<string, Record<string, DriverFacts>> = {
  console: {
    telnet: {
      address: "host-port",
      identity: ["host", "port"],
      options: {
        host: { ...text, required: true },
        port: { kind: "integer", summary: "TCP port", min: 1, max: 65_535, default: 23 },
        baud: { kind: "integer", summary: "line speed", min: 50, max: 4_000_000 },
        keepalive: { kind: "duration", summary: "", default: 60_000 },
        password: { kind: "secret", summary: "" },
      },
    },
    serial: {
      address: "path",
      identity: ["path"],
      options: {
        path: { ...text, required: true },
        baud: { kind: "integer", summary: "line speed", min: 50, max: 4_000_000, default: 9600 },
        format: { kind: "choice", summary: "", choices: ["8n1", "7e1"], default: "8n1" },
      },
    },
    exec: { address: "command", options: { command: { ...text, required: true } } },
  },
  power: {
    snmp: {
      address: "host-port",
      options: {
        host: { ...text, required: true },
        port: { kind: "integer", summary: "", default: 161 },
        version: { kind: "choice", summary: "", choices: ["1", "2c", "3"], default: "3" },
        user: text,
        community: { kind: "secret", summary: "" },
      },
    },
    "serial-pdu": {
      address: "path",
      through: true,
      options: { profile: { ...text, required: true } },
    },
  },
};

const RUNBOOKS = ["daily-check", "avc", "fix-raid"];

export const catalog: DriverCatalog = {
  describe: (kind, name) => Promise.resolve(DRIVERS[kind]?.[name]),
  names: (kind) =>
    Promise.resolve(kind === "runbook" ? RUNBOOKS : Object.keys(DRIVERS[kind] ?? {})),
};
