/*
 * Options of the ssh driver as words for ssh(1). No file of the user is read unless named (`-F none`), the host's key
 * must be known beforehand, and nothing but the one session is asked for.
 */
import { quoteWord } from "../../codec/shell-words.ts";
import { seconds } from "../../lib/durations.ts";
import {
  durationOf,
  flagOf,
  numberOf,
  type OptionFault,
  type OptionValues,
  secretOf,
  textOf,
} from "../options.ts";

const SSH_PORT = 22;
export const SSH_CONNECT_TIMEOUT = seconds(10);
/** So many unanswered questions, one `keepalive` apart, end a connection. */
const MAX_UNANSWERED = 3;
const ACCEPT_NEW = "accept-new";
const FINGERPRINT = /^SHA256:[A-Za-z0-9+/]{43}=?$/;
const ALGORITHM = /^[+^-]?[A-Za-z0-9@._*-]+$/;
/** Option of ours, option of ssh's. */
const ALGORITHMS = [
  ["kex", "KexAlgorithms"],
  ["ciphers", "Ciphers"],
  ["macs", "MACs"],
  ["host-key-algorithms", "HostKeyAlgorithms"],
  ["key-algorithms", "PubkeyAcceptedAlgorithms"],
] as const;
/** Options, what may not be in them, and what to call that. */
const TEXTS: readonly (readonly [readonly string[], RegExp, string])[] = [
  [["host", "user", "jump", "command"], /^-/, 'begins with "-"'],
  [["host", "user", "jump"], /[\s"'\\`$;|&<>(){}%]/, "has a character in it that no name has"],
  [["command", "key", "known-hosts", "config"], /[\0\r\n]/, "is more than one line"],
  [["key", "known-hosts", "config"], /"|\$\{/, 'has a quote or "${" in it'],
];
/** Line that our KnownHostsCommand writes to stderr: the fingerprint that the server showed. */
export const SHOWN_KEY = "oob-shown-key";

/** "cs1:22", "[fd00::1]:22". */
export function sshPeer(options: OptionValues): string {
  const host = textOf(options, "host");
  const port = numberOf(options, "port", SSH_PORT);
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

/** What ssh would refuse, or would take for something else than it is. */
export function sshFaults(options: OptionValues): OptionFault[] {
  const texts = TEXTS.flatMap(([names, fault, message]) =>
    names
      .filter((option) => fault.test(textOf(options, option)))
      .map((option) => ({ option, message: `"${option}" ${message}` })),
  );
  const algorithms = ALGORITHMS.flatMap(([option]) =>
    listOf(options, option)
      .filter((name) => !ALGORITHM.test(name))
      .map((name) => ({ option, message: `"${name}" is no name of an algorithm` })),
  );
  return [...texts, ...algorithms, ...hostKeyFaults(options)];
}

function hostKeyFaults(options: OptionValues): OptionFault[] {
  const pins = listOf(options, "host-key");
  const file = textOf(options, "known-hosts");
  const bad = pins.find((pin) => pin !== ACCEPT_NEW && !FINGERPRINT.test(pin));
  if (bad !== undefined)
    return [
      {
        option: "host-key",
        message: `"${bad}" is neither a fingerprint nor "${ACCEPT_NEW}"`,
        hint: "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the device shows SHA256:…",
      },
    ];
  const pinned = pins.some((pin) => pin !== ACCEPT_NEW);
  const option = pins.length > 0 ? "host-key" : "host";
  if (file === "" && textOf(options, "jump") !== "")
    return [{ option: "jump", message: 'a jump host needs "known-hosts", with its key and ours' }];
  if (file === "" && !pinned)
    return [
      {
        option,
        message: 'how the host is known is missing: "known-hosts" or "host-key"',
        hint: "known-hosts: /etc/oob/known_hosts (made with ssh-keyscan and compared), or host-key: SHA256:…",
      },
    ];
  return [];
}

/** Words for the connection: all but what is done with it. Two consoles with the same ones may share it. */
export function connectionWords(options: OptionValues): string[] {
  const config = textOf(options, "config");
  const user = textOf(options, "user");
  const jump = textOf(options, "jump");
  const settings: readonly string[] = [
    ...trustSettings(options),
    ...loginSettings(options),
    ...timeSettings(options),
    ...algorithmSettings(options),
    "ForwardAgent=no",
    "ForwardX11=no",
    "ClearAllForwardings=yes",
    "RemoteCommand=none",
    "LogLevel=INFO",
    ...(jump === "" ? [] : [`ProxyCommand=${jumpCommand(options, jump)}`]),
  ];
  return [
    "-F",
    config === "" ? "none" : config,
    ...settings.flatMap((setting) => ["-o", setting]),
    "-p",
    String(numberOf(options, "port", SSH_PORT)),
    ...(user === "" ? [] : ["-l", user]),
  ];
}

function trustSettings(options: OptionValues): string[] {
  const pins = listOf(options, "host-key");
  const fingerprints = pins.filter((pin) => pin !== ACCEPT_NEW);
  const file = textOf(options, "known-hosts");
  return [
    `StrictHostKeyChecking=${pins.includes(ACCEPT_NEW) ? ACCEPT_NEW : "yes"}`,
    `UserKnownHostsFile=${file === "" ? "none" : pathValue(file)}`,
    "GlobalKnownHostsFile=none",
    "UpdateHostKeys=no",
    "CheckHostIP=no",
    "VerifyHostKeyDNS=no",
    "HashKnownHosts=no",
    ...(fingerprints.length === 0 ? [] : [`KnownHostsCommand=${pinCommand(fingerprints)}`]),
  ];
}

/** Gives the shown key back as a known one where its fingerprint is a pinned one, and tells us which was shown. */
function pinCommand(fingerprints: readonly string[]): string {
  const script =
    `test "$1" = NONE && exit 0; echo "${SHOWN_KEY} $1" >&2; ` +
    `for pin in ${fingerprints.map((pin) => pin.replace(/=$/, "")).join(" ")}; ` +
    `do test "$pin" = "$1" && echo "$2 $3 $4"; done; exit 0`;
  return `/bin/sh -c '${script}' sh %f %H %t %K`;
}

function loginSettings(options: OptionValues): string[] {
  const key = textOf(options, "key");
  const agent = flagOf(options, "agent");
  const password = secretOf(options, "password") !== undefined;
  const publicKey = !password || key !== "" || agent;
  return [
    `BatchMode=${password ? "no" : "yes"}`,
    `PubkeyAuthentication=${publicKey ? "yes" : "no"}`,
    "GSSAPIAuthentication=no",
    "HostbasedAuthentication=no",
    "NumberOfPasswordPrompts=1",
    ...(key === "" ? [] : [`IdentityFile=${pathValue(key)}`, "IdentitiesOnly=yes"]),
    ...(key !== "" && !agent ? ["IdentityAgent=none"] : []),
  ];
}

function timeSettings(options: OptionValues): string[] {
  const wait = durationOf(options, "connect-timeout", SSH_CONNECT_TIMEOUT);
  const keepalive = durationOf(options, "keepalive", seconds(15));
  return [
    `ConnectTimeout=${Math.max(1, Math.ceil(wait / 1000))}`,
    "ConnectionAttempts=1",
    `ServerAliveInterval=${Math.ceil(keepalive / 1000)}`,
    `ServerAliveCountMax=${MAX_UNANSWERED}`,
    "TCPKeepAlive=yes",
  ];
}

function algorithmSettings(options: OptionValues): string[] {
  return ALGORITHMS.flatMap(([option, setting]) => {
    const names = listOf(options, option);
    if (names.length === 0) return [];
    // ssh takes one sign, in front of the whole list.
    const sign = /^[+^-]/.exec(names[0] ?? "")?.[0] ?? "";
    return [`${setting}=${sign}${names.map((name) => name.replace(/^[+^-]/, "")).join(",")}`];
  });
}

/** ssh's own -J would give the jump host the user's files and, by askpass, the console server's password. */
function jumpCommand(options: OptionValues, jump: string): string {
  const [, user, host = "", port] = /^(?:([^@]*)@)?(.*?)(?::(\d+))?$/.exec(jump) ?? [];
  const own: OptionValues = {
    host,
    port: port === undefined ? SSH_PORT : Number(port),
    user: user ?? "",
    ...Object.fromEntries(
      ["key", "agent", "config", "known-hosts", "connect-timeout", "keepalive"].map((name) => [
        name,
        options[name],
      ]),
    ),
  };
  const words = ["ssh", ...connectionWords(own), "-W", "[%h]:%p", "--", host];
  const percentOnce = (word: string) =>
    word === "[%h]:%p" ? word : quoteWord(word.replaceAll("%", "%%"));
  return words.map(percentOnce).join(" ");
}

/** A path as a value of -o: ssh splits at blanks and expands "%". */
const pathValue = (path: string): string => `"${path.replaceAll("%", "%%")}"`;

const listOf = (options: OptionValues, name: string): readonly string[] => {
  const value = options[name];
  if (typeof value === "string") return value === "" ? [] : [value];
  return Array.isArray(value) ? value.map(String) : [];
};
