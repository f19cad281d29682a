/**
 * What a Linux host shows when it waits for somebody. The kernel's own lines may follow a prompt at any time (seen in
 * every recording): the prompt still stands, so each pattern allows for them.
 */
const CHATTER = String.raw`(?:\[ {0,6}\d{1,7}\.\d{6}\] [^\n]{0,500}\n)*$`;

/** getty waits for a name. bash's "Last login:" is none. */
export const LOGIN_PROMPT = new RegExp(String.raw`(?<!Last )\blogin: *${CHATTER}`);

/** login waits for a password. */
export const PASSWORD_PROMPT = new RegExp(
  String.raw`\b[Pp]assword(?: for [\w.-]{1,64})?: *${CHATTER}`,
);

/** sulogin waits for root's password. From util-linux, sysvinit and busybox. */
export const MAINTENANCE_PROMPT = new RegExp(
  String.raw`(?:Give root password for|type Control-D for normal startup|press Control-D to continue)[^\n]{0,60}\n?${CHATTER}`,
  "i",
);

/** A line that ends as shells' prompts do. Any text can: only a command that answers proves a shell. */
export const SHELL_PROMPT = new RegExp(String.raw`(?:^|\n)[^\n]{0,120}[#$%>] ?${CHATTER}`);

/** sulogin refuses because root has no password (util-linux, systemd's emergency mode). */
export const ROOT_LOCKED = /root account is locked/;
