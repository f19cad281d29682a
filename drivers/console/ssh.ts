import { defineConsole, openSsh, sshFaults } from "oob/sdk";

const algorithms = (what: string) =>
  ({
    kind: "list",
    summary: `${what}; "+name" adds to what ssh allows, for devices of the last decade`,
  }) as const;

export default defineConsole({
  summary: "A console server's ssh, by the system's own ssh",
  sources: [
    "ssh(1), ssh_config(5) of OpenSSH 9.2",
    "RFC 4254, 6.2 (terminal), RFC 4335 (BREAK)",
    "OpenSSH clientloop.c: one last_was_cr for all sessions of a process",
  ],
  address: "host-port",
  identity: ["host", "port", "user", "command", "key"],
  spawns: true,
  options: {
    host: { kind: "text", required: true, summary: "name or address of the console server" },
    port: { kind: "integer", default: 22, min: 1, max: 65535, summary: "TCP port" },
    user: { kind: "text", summary: "user there, often with the port in it: oob:7003" },
    command: {
      kind: "text",
      summary: "what to run there: connect 7; none where the login itself leads to the port",
    },
    "known-hosts": { kind: "text", summary: "file with the server's host key; no other is read" },
    "host-key": {
      kind: "list",
      summary: "fingerprints SHA256:… instead of a file, or accept-new: trust the first one seen",
    },
    key: { kind: "text", summary: "file of the private key" },
    agent: { kind: "boolean", default: false, summary: "use the keys of the agent" },
    password: { kind: "secret", summary: "password of the user there" },
    share: {
      kind: "boolean",
      default: false,
      summary: "one connection and login for all consoles of this server; without BREAK",
    },
    jump: { kind: "text", summary: "host to go through: user@host:port" },
    config: { kind: "text", summary: "an ssh_config(5) to read; none is read by itself" },
    kex: algorithms("key exchange methods"),
    ciphers: algorithms("ciphers"),
    macs: algorithms("message digests"),
    "host-key-algorithms": algorithms("kinds of host key"),
    "key-algorithms": algorithms("signatures of our key"),
    keepalive: {
      kind: "duration",
      default: "15s",
      summary: "how often a silent server is asked; it is given up after three",
    },
    "connect-timeout": {
      kind: "duration",
      default: "10s",
      summary: "how long to wait for the connection",
    },
    term: { kind: "text", default: "vt220", summary: "kind of terminal that the server is told" },
    baud: {
      kind: "integer",
      min: 50,
      max: 4_000_000,
      summary: "speed of the line behind the port: shown, and how fast pastes go; sets none",
    },
  },
  check: sshFaults,
  open: openSsh,
});
