import { conserverFaults, defineConsole, openConserver } from "oob/sdk";

export default defineConsole({
  summary: "A console of a conserver, as writer or spy",
  sources: [
    "conserver 8.2.7: console(1), conserver(8), conserver.cf(5)",
    "its client and server as they run: see test/e2e/conserver.test.ts",
  ],
  address: "host-port",
  identity: ["host", "port", "console"],
  options: {
    host: { kind: "text", required: true, summary: "the master, or any server of the site" },
    port: { kind: "integer", default: 782, min: 1, max: 65535, summary: "port of the masters" },
    console: { kind: "text", required: true, summary: "name of the console there" },
    user: { kind: "text", default: "oob", summary: "name to log in with" },
    password: { kind: "secret", summary: "its password, where the server does not trust us" },
    tls: {
      kind: "choice",
      choices: ["verify", "anonymous", "off"],
      default: "verify",
      summary: "verify the certificate; anonymous: encrypt without one; off: clear text",
    },
    ca: { kind: "text", summary: "file of the authority, where it is none of the system's" },
    pin: {
      kind: "text",
      summary: "SHA-256 fingerprint of the certificate, instead of an authority",
    },
    mode: {
      kind: "choice",
      choices: ["write", "spy"],
      default: "write",
      summary: "spy: only read, and leave writing to others",
    },
    force: { kind: "boolean", default: false, summary: "take writing over from whoever has it" },
    "connect-timeout": {
      kind: "duration",
      default: "10s",
      summary: "how long to wait for the connection and for each answer",
    },
    baud: {
      kind: "integer",
      min: 50,
      max: 4_000_000,
      summary: "speed of the line behind the port: shown, and how fast pastes go; sets none",
    },
  },
  check: conserverFaults,
  open: openConserver,
});
