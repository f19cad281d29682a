/*
 * A password for ssh(1), which reads none but from a terminal or from a program (SSH_ASKPASS). The program is three
 * lines of shell in a folder of ours; the password waits in a file that only this user can read, and is gone once it
 * was read: a second question gets no answer, so that a wrong password costs one failed login and not three.
 */
import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, chmod, mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OobError } from "../../lib/errors.ts";

const HELPER = `#!/bin/sh
# Answers ssh's question for a password with a file that it removes. Any other question gets no answer.
case "$1" in *"(yes/no"* | *passphrase*) exit 1 ;; esac
cat -- "$OOB_SSH_ANSWER" && rm -f -- "$OOB_SSH_ANSWER"
`;

/** A password made ready for one ssh. */
export interface SshAnswer {
  readonly env: Readonly<Record<string, string>>;
  /** Removes the password where nobody asked for it. */
  discard(): Promise<void>;
}

/** Makes a password ready, in a folder that belongs to this user alone. */
export async function prepareAnswer(folder: string, password: string): Promise<SshAnswer> {
  const helper = await helperIn(folder);
  const file = join(folder, `answer-${randomBytes(8).toString("hex")}`);
  await writeFile(file, `${password}\n`, { mode: 0o600, flag: "wx" });
  const env = {
    SSH_ASKPASS: helper,
    SSH_ASKPASS_REQUIRE: "force",
    // Before OpenSSH 8.4 a display was what made ssh ask a program.
    DISPLAY: "none",
    OOB_SSH_ANSWER: file,
  };
  return { env, discard: () => rm(file, { force: true }) };
}

const helpers = new Map<string, Promise<string>>();

/** Runtime folders are often mounted noexec, where no script runs: then it goes into a folder beside others' files. */
function helperIn(folder: string): Promise<string> {
  const known = helpers.get(folder);
  if (known) return known;
  const made = (async () => {
    for (const place of [folder, await mkdtemp(join(tmpdir(), "oob-ssh-"))]) {
      const helper = await writeHelper(place);
      if (helper !== undefined) return helper;
    }
    throw new OobError(
      "NOT_PERMITTED",
      `Cannot hand a password to ssh: no program may run in "${folder}" nor in "${tmpdir()}"`,
      { hint: "Use a key instead, or set TMPDIR to a folder that is not mounted noexec" },
    );
  })();
  helpers.set(folder, made);
  made.catch(() => helpers.delete(folder));
  return made;
}

async function writeHelper(folder: string): Promise<string | undefined> {
  const helper = join(folder, "askpass");
  const fresh = join(folder, `askpass-${randomBytes(8).toString("hex")}`);
  await writeFile(fresh, HELPER, { mode: 0o700, flag: "wx" });
  await chmod(fresh, 0o700);
  // access(2) tells of noexec mounts as well.
  const runs = await access(fresh, constants.X_OK).then(
    () => true,
    () => false,
  );
  if (!runs) {
    await rm(fresh, { force: true });
    return undefined;
  }
  await rename(fresh, helper);
  return helper;
}
