/*
 * What ssh(1) says on its standard error, as one error that tells what to do. Texts of OpenSSH 8.0 to 9.9.
 */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type ErrorCode, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { SHOWN_KEY } from "./ssh-command.ts";

/** Most of ssh's talk that is looked at: its end. */
export const MAX_SSH_TALK_BYTES = 8192;
const MAX_SHOWN = 200;

/** What was being done when ssh gave up. */
export interface SshDoing {
  /** "cs1:22". */
  readonly peer: string;
  readonly user: string;
  /** Whether the console was open already: then what is lost is a link. */
  readonly wasOpen: boolean;
  /** What was offered at the login: "the password", "the key /etc/oob/key". */
  readonly offered: string;
}

interface Trouble {
  readonly code?: ErrorCode;
  readonly why: string;
  readonly hint?: string;
}

type Reading = (said: RegExpExecArray, doing: SshDoing) => Trouble;

const REFUSED_ALGORITHM: Readonly<Record<string, string>> = {
  "key exchange method": "kex",
  "host key type": "host-key-algorithms",
  cipher: "ciphers",
  MAC: "macs",
};

const FIREWALL =
  "Check that the device has power and network, and that no firewall drops the connection";

/** First match counts: what comes early in the list is the cause of what comes later. */
const READINGS: readonly (readonly [RegExp, Reading])[] = [
  [
    /Session open refused by peer|session request failed/,
    () => ({
      why: "it takes no more sessions on the connection that its consoles share",
      hint: "Raise MaxSessions in its sshd_config above the number of its consoles (10 is usual), or leave share out",
    }),
  ],
  [
    /No (\S+) host key is known for .{1,300} and you have requested strict checking/,
    ([, type]) => ({
      why: `its ${type} host key is not in the known-hosts file`,
      hint: "Get the key with ssh-keyscan, compare its fingerprint on the device itself, and add the line to the file",
    }),
  ],
  [
    /Unable to negotiate .{1,200}: no matching (.{1,40}) found\. Their offer: (\S{1,600})/,
    ([, what = "", offer = ""]) => {
      const option = REFUSED_ALGORITHM[what];
      const [first = ""] = offer.split(",");
      return {
        why: `no ${what} in common: it offers only ${printable(offer, MAX_SHOWN)}`,
        ...(option && { hint: `If the device can do no better, set ${option}: ["+${first}"]` }),
      };
    },
  ],
  [
    /no mutual signature (?:algorithm|supported)/,
    () => ({
      code: "LOGIN_REFUSED",
      why: "it knows no signature of this key's kind that ssh still makes",
      hint: 'For an RSA key and an old device, set key-algorithms: ["+ssh-rsa"]',
    }),
  ],
  [
    /Load key "(.{1,300})": (.{1,100})/,
    ([, file = "", why = ""]) => ({
      code: "LOGIN_REFUSED",
      why: `ssh cannot use the key "${printable(file, MAX_SHOWN)}": ${printable(why, 100)}`,
      hint: "A key that needs a passphrase goes into an agent: agent: true",
    }),
  ],
  [
    /Permission denied \((.{1,200})\)|Too many authentication failures/,
    ([, methods], doing) => ({
      code: "LOGIN_REFUSED",
      why: `as "${doing.user}" it does not take ${doing.offered}${methods ? ` (it takes: ${methods.replaceAll(",", ", ")})` : ""}`,
      hint: "Check the user, the key or secret, and what the server's own log says",
    }),
  ],
  [
    /Could not resolve hostname (.{1,300}?): (.{1,100})/,
    () => ({
      why: "no such host",
      hint: "Check the name, or use the address: names may not resolve when it matters",
    }),
  ],
  [
    /mux_client|[Cc]ontrol socket|Shared connection to/,
    () => ({ why: "the connection that its consoles share has ended" }),
  ],
  [
    /Connection refused/,
    () => ({ why: "connection refused", hint: "Nothing listens there: check host and port" }),
  ],
  [
    /timed out during banner exchange/,
    () => ({
      why: "it takes the connection and says nothing: no SSH server, or one that hangs",
      hint: "Check the port, and look at the device by another way",
    }),
  ],
  [
    /Timeout, server .{1,300} not responding/,
    () => ({ why: "it does not answer any more", hint: FIREWALL }),
  ],
  [/(?:Connection|Operation) timed out/, () => ({ why: "no answer", hint: FIREWALL })],
  [/No route to host/, () => ({ why: "no route to the host", hint: FIREWALL })],
  [
    /Network is unreachable/,
    () => ({ why: "no route to its network", hint: "Check this machine's own network" }),
  ],
  [
    /PTY allocation request failed/,
    () => ({
      why: "it gives this user no terminal",
      hint: "Allow it one (PermitTTY in sshd_config, no-pty in authorized_keys)",
    }),
  ],
  [
    /kex_exchange_identification: (.{1,200})|banner line contains invalid characters/,
    () => ({
      why: "it does not speak SSH, or dropped the connection before it did",
      hint: "Check the port; a server that has too many connections drops new ones",
    }),
  ],
  [
    /(Connection closed by|Connection reset by|closed by remote host|Broken pipe|Connection reset)/,
    () => ({ why: "it closed the connection" }),
  ],
  [
    /(Bad configuration option|Bad SSH2|Unsupported|unknown option).{1,200}/,
    ([said]) => ({
      code: "USAGE",
      why: `this ssh refuses its options: ${printable(said ?? "", MAX_SHOWN)}`,
      hint: "Algorithms are listed by: ssh -Q kex, ssh -Q cipher, ssh -Q mac, ssh -Q key",
    }),
  ],
];

/** The error that what ssh said comes down to. */
export async function explainSsh(talk: string, doing: SshDoing): Promise<OobError> {
  const trouble = (await hostKeyTrouble(talk)) ?? readTalk(talk, doing);
  const code = doing.wasOpen ? "LINK_LOST" : (trouble.code ?? "LINK_REFUSED");
  const verb = doing.wasOpen
    ? "Lost"
    : code === "LOGIN_REFUSED"
      ? "Cannot log in to"
      : "Cannot open";
  return new OobError(code, `${verb} "${doing.peer}": ${trouble.why}`, {
    cause: new Error(printable(talk.trim(), MAX_SSH_TALK_BYTES)),
    ...(trouble.hint && { hint: trouble.hint }),
  });
}

function readTalk(talk: string, doing: SshDoing): Trouble {
  for (const [pattern, read] of READINGS) {
    const said = pattern.exec(talk);
    if (said) return read(said, doing);
  }
  const last = talk.trim().split(/\r?\n/).at(-1) ?? "";
  return {
    why: last === "" ? "ssh ended without a word" : `ssh says "${printable(last, MAX_SHOWN)}"`,
  };
}

const CHANGED_HINT =
  "Somebody may sit in between. If the device was replaced or reset, compare the fingerprint on the device itself and change the pinned key";

async function hostKeyTrouble(talk: string): Promise<Trouble | undefined> {
  const shown = /(?:sent by the remote host is\s+|oob-shown-key )(SHA256:[A-Za-z0-9+/]{43})/.exec(
    talk,
  )?.[1];
  const [, type, file, line] =
    /Offending (\S{1,20}) key in (.{1,4096}?):(\d{1,9})\s*$/m.exec(talk) ?? [];
  if (file !== undefined) {
    const known = await fingerprintAt(file, Number(line));
    return {
      why:
        `its host key has changed: it shows ${shown ?? "another one"}, ` +
        `${printable(file, MAX_SHOWN)}:${line} has ${known ?? `another ${type} key`}`,
      hint: CHANGED_HINT,
    };
  }
  if (!talk.includes(SHOWN_KEY) || !/Host key verification failed/.test(talk)) return undefined;
  return {
    why: `its host key is not the pinned one: it shows ${shown ?? "another one"}`,
    hint: CHANGED_HINT,
  };
}

/** Fingerprint of the key on a line of a known-hosts file. */
async function fingerprintAt(file: string, line: number): Promise<string | undefined> {
  const text = await readFile(file, "latin1").catch(() => "");
  const key = /\s(?:ssh|ecdsa|sk)-\S+\s+([A-Za-z0-9+/=]+)/.exec(
    ` ${text.split("\n")[line - 1] ?? ""}`,
  )?.[1];
  if (key === undefined) return undefined;
  const digest = createHash("sha256").update(Buffer.from(key, "base64")).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}
