import { randomBytes } from "node:crypto";
import {
  backIntoInodeScript,
  type ConsoleHands,
  defineRunbook,
  intoInodeScript,
  keepInodeScript,
  keepScript,
  keptAs,
  LOGIN_PROMPT,
  minutes,
  must,
  OobError,
  orBack,
  printable,
  type RunbookHands,
  seconds,
  secretOf,
  textOf,
} from "oob/sdk";

const SHADOW = "/etc/shadow";
const BACKUP = keptAs(SHADOW);
/** How SELinux is set up. Source: selinux_config(5). */
const SELINUX =
  "sed -n 's/^SELINUX=\\(enforcing\\|permissive\\)/\\1/p' /etc/selinux/config 2>/dev/null; true";
const TYPE_WITHIN = seconds(30);
/** Within this a tty's echo is back, on a slow line, too. */
const ECHO_WITHIN = seconds(1.5);
const QUIET = seconds(0.5);
const TRIES = 5;
/** Kills what was typed on the line so far. */
const KILL = "\x15";

/**
 * Reads one line that is not shown, and gives it to chpasswd by a pipe: the password is in no argument, no file, no
 * history. `rd` and `dn` are split by quotes, so that the echo of this line is neither. Nothing is read unless the echo is
 * off, and an empty line changes nothing.
 */
const readPassword = (marker: string): string =>
  ` stty -echo && echo rd''-${marker} && { IFS= read -r oobpw; stty echo; [ -n "$oobpw" ] && printf 'root:%s\\n' "$oobpw" | chpasswd; echo dn''-${marker} $?; unset oobpw; }\r`;

const isTimeout = (thrown: unknown): boolean =>
  thrown instanceof OobError && thrown.code === "EXPECT_TIMEOUT";

/** Whether a letter that is typed comes back; a kernel message may have one, so it is tried again. */
async function isShown(console: ConsoleHands): Promise<boolean> {
  for (let tries = 0; tries < TRIES; tries++) {
    await console.settle(QUIET, seconds(10)).catch((thrown: unknown) => {
      if (!isTimeout(thrown)) throw thrown;
    });
    await console.expect(/[\s\S]*$/, seconds(1)).catch((thrown: unknown) => {
      if (!isTimeout(thrown)) throw thrown;
    });
    await console.send("x");
    const hidden = await console.expect(/x/, ECHO_WITHIN).then(
      () => false,
      (thrown: unknown) => {
        if (isTimeout(thrown)) return true;
        throw thrown;
      },
    );
    await console.send(KILL);
    if (hidden) return false;
  }
  return true;
}

/** Types the password where it has been seen that nothing typed is shown; an empty line in its place changes nothing. */
async function typePassword(hands: RunbookHands, password: string): Promise<void> {
  const { console, host } = hands;
  const cannot = `Cannot set a password at ${host.name}`;
  if (password === "" || /\p{Cc}/u.test(password))
    throw new OobError("SECRET_MISSING", `${cannot}: its secret is empty or more than one line`);
  const marker = randomBytes(6).toString("hex");
  const done = new RegExp(`dn-${marker} (\\d{1,3})\\s`);
  await console.send(readPassword(marker));
  try {
    await console.expect(new RegExp(`rd-${marker}\\s`), TYPE_WITHIN, "a line that is not shown");
  } catch (thrown) {
    // It may wait all the same, and whatever is typed next would be the password.
    await console.send(`${KILL}\r`);
    throw thrown;
  }
  const shown = await isShown(console);
  await console.send(shown ? "\r" : `${password}\r`);
  const { match } = await console.expect(done, TYPE_WITHIN, "chpasswd to end");
  if (shown)
    throw new OobError(
      "LOGIN_REFUSED",
      `${cannot}: the line shows what is typed; the password was not typed`,
    );
  if (match[1] !== "0")
    throw new OobError("RUNBOOK_FAILED", `${cannot}: chpasswd ended with ${match[1]}`);
}

/** In a shell in place of init: root writable, the old shadow kept, the new one seen to differ, root read-only again. */
async function setPassword(hands: RunbookHands): Promise<void> {
  const { options, console } = hands;
  await console.run("test -e /proc/mounts || mount -t proc proc /proc");
  await must(
    hands,
    `mount -o remount,rw / && umask 077 && ${keepScript(SHADOW)} && ${keepInodeScript(SHADOW)}`,
    `make the root file system writable and keep ${SHADOW}`,
  );
  const { text } = await console.capture(SELINUX, { what: "see whether it has SELinux" });
  if (text.trim() !== "")
    hands.note(
      `it has SELinux (${printable(text.trim(), 40)}): ${SHADOW} stays the same file, with the label that it had; should logins be refused all the same: touch /.autorelabel, and reboot`,
    );
  const back = async () => {
    await must(
      hands,
      `${backIntoInodeScript(SHADOW)} && sync && mount -o remount,ro /`,
      `put ${SHADOW} back`,
    );
  };
  await orBack(async () => {
    await typePassword(hands, await hands.secret(secretOf(options, "password")));
    await must(
      hands,
      `a=$(sed -n 's/^root:\\([^:]*\\):.*/\\1/p' ${SHADOW}); b=$(sed -n 's/^root:\\([^:]*\\):.*/\\1/p' ${BACKUP})
case $a in '$'?*) ;; *) echo "root has no password"; exit 1 ;; esac
[ "$a" != "$b" ] || { echo "root's entry is unchanged"; exit 1; }
[ "$(grep -v ^root: ${SHADOW})" = "$(grep -v ^root: ${BACKUP})" ] || { echo "other entries changed"; exit 1; }
${intoInodeScript(SHADOW)} || { echo "${SHADOW} is not the file that it was"; exit 1; }
sync; mount -o remount,ro /`,
      "see the new password stored",
    );
  }, back);
}

/** A forgotten root password, set anew by a shell in place of init. */
export default defineRunbook({
  title: "Set a forgotten root password",
  summary:
    "Boots with init=/bin/sh, sets root's password from a secret (never shown, never logged), proves it by logging in",
  risk: "disrupt",
  sources: [
    "chpasswd(8), shadow(5)",
    "Linux Documentation/admin-guide/kernel-parameters.rst: init=",
  ],
  needs: ["login"],
  on: ["linux"],
  options: {
    password: { kind: "secret", summary: "name of the secret; else the one of the host's login" },
    by: {
      kind: "text",
      summary: "how it is restarted, as single-user has it: auto, reboot, sysrq, cycle",
    },
  },
  timeout: minutes(60),
  async run(hands) {
    const { console, host, step, act, options, dryRun, part } = hands;
    // A secret that is not there is found out before the host goes down.
    await hands.secret(secretOf(options, "password"));
    const by = textOf(options, "by");
    const entered = await part("single-user", {
      arguments: "init=/bin/sh",
      stay: "true",
      ...(by === "" ? {} : { by }),
    });
    if (entered.verdict === "failed")
      throw new OobError(
        "RUNBOOK_FAILED",
        `Cannot set root's password at ${host.name}: ${entered.text}`,
        { hint: "No password was changed" },
      );
    let failed: unknown;
    await step("set the password", () =>
      act(
        `set root's password from the secret; the old ${SHADOW} is kept as ${BACKUP}`,
        () => setPassword(hands),
        // Into the same file: a label of SELinux stays.
        { undo: `cat ${BACKUP} >${SHADOW}; rm ${BACKUP}` },
      ),
    ).catch((thrown: unknown) => {
      // The host is brought up in any case.
      failed = thrown;
    });
    if (hands.signal.aborted) throw failed;
    const left = await part("multi-user");
    if (failed !== undefined) throw failed;
    if (left.verdict === "failed")
      throw new OobError("RUNBOOK_FAILED", `Cannot bring ${host.name} up: ${left.text}`, {
        hint: "The password is set; the host stands in a shell in place of init",
      });
    if (dryRun) return `${host.name} was left as it is`;
    await step("prove it", async () => {
      await console.send("\r");
      await console.expect(LOGIN_PROMPT, minutes(2), "a login prompt");
      if (secretOf(options, "password") === undefined) await console.login();
    });
    return secretOf(options, "password") === undefined
      ? `${host.name} is up, and root logs in with the new password`
      : `${host.name} is up, and root's password is set; it was not tried, since the host's login names another secret`;
  },
});
