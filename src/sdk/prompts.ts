import { LOGIN_WORDS, LOGIN_WORDS_BEFORE, REFUSALS } from "./prompt-words.ts";

/**
 * What a Linux host shows when it waits for somebody. The kernel's own lines may follow a prompt at any time (seen in
 * every recording): the prompt still stands, so each pattern allows for them.
 */
const CHATTER = String.raw`(?:\[ {0,6}\d{1,7}\.\d{6}\] [^\n]{0,500}\n)*$`;

/** A colon as it stands in other languages: behind a blank that does not break, or as wide as a letter. */
const COLON = String.raw`(?:(?: |\xc2\xa0)?:|\xef\xbc\x9a)`;

/**
 * getty waits for a name, in English; login does so in the host's language, where the first one was refused. bash's "Last
 * login:" is none.
 */
export const LOGIN_PROMPT = new RegExp(
  String.raw`(?:(?<!Last )\blogin${COLON}|(?:^|\n)(?:[\w.-]{1,64} (?:${LOGIN_WORDS})|(?:${LOGIN_WORDS_BEFORE}) [\w.-]{1,64})${COLON}) *${CHATTER}`,
);

/** login or sulogin does not take the password. */
export const LOGIN_REFUSED = new RegExp(
  `[Ll]ogin incorrect|[Aa]uthentication failure|Access denied|Too many logins|\\n(?:${REFUSALS})`,
);

/** login waits for a password; PAM says so in the host's language. */
export const PASSWORD_PROMPT = new RegExp(
  String.raw`(?:\b[Pp]asswor[dt]|\b[Ww]achtwoord|\b[Mm]ot de passe|\bContrase[^\s:]{1,4}a|\b[Ss]enha)(?: for [\w.-]{1,64})? ?: *${CHATTER}`,
);

/**
 * The same in any other language: "Пароль: ", a full-width colon in UTF-8. Only after a name was typed at a login prompt,
 * and only where the host then does not show what is typed.
 */
export const ANY_PASSWORD_PROMPT = new RegExp(
  String.raw`\n(?![^\n]*\blogin:)[^\n]{1,60}(?::|\xef\xbc\x9a) *${CHATTER}`,
);

/**
 * sulogin waits for root's password. From util-linux (which translates all but the key), sysvinit, busybox, illumos, and
 * from the BSDs' init where /etc/ttys calls the console insecure.
 */
export const MAINTENANCE_PROMPT = new RegExp(
  String.raw`(?:Give root password for|type Control-D for normal startup|press Control-D to continue|\([^()\n]{0,80}\b(?:[CK]ontr[^\s()]{1,6}|Ctrl|Strg)(?:[-+ ]| et )D\b|root password[^\n(]{0,30}\(control-d to bypass\)|Enter root password, or \^D to go multi-user\n[^\n]{0,8}Password)[^\n]{0,70}\n?${CHATTER}`,
  "i",
);

/** An encrypted disk waits for its passphrase: cryptsetup of initramfs-tools, systemd, dracut; GELI. */
export const PASSPHRASE_PROMPT = new RegExp(
  String.raw`(?:Please unlock disk [^\n]{1,160}:|[Pp]lease enter (?:the )?passphrase for [^\n]{1,160}|\n(?:Enter passphrase for [^\n]{1,80}|(?:GELI )?Passphrase(?: for \S{1,60})?): ?) {0,2}${CHATTER}`,
);

/** sulogin of illumos waits for a user's name first. */
export const MAINTENANCE_USER_PROMPT = new RegExp(
  String.raw`Enter user name for system maintenance \(control-d to bypass\): *${CHATTER}`,
);

/** init of a BSD asks which shell it shall start in single-user mode. */
export const SHELL_PATH_PROMPT = new RegExp(
  String.raw`Enter (?:full )?pathname of shell or RETURN for [\w/.-]{1,60}: *${CHATTER}`,
);

/** A line that ends as shells' prompts do. Any text can: only a command that answers proves a shell. */
export const SHELL_PROMPT = new RegExp(
  String.raw`(?:^|\n)(?:[^\n]{0,120}[#$%>]|\(initramfs\)) ?${CHATTER}`,
);

/** sulogin refuses because root has no password. Of util-linux' words only the name of its manual is in no language. */
export const ROOT_LOCKED = /root account is locked|(?<!man:)\bsulogin\(8\)/;
