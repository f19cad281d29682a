import { createHash } from "node:crypto";
import { lstat, readFile } from "node:fs/promises";
import { join } from "node:path";
import {
  APPLY_SCRIPT,
  beginScript,
  CLOSE_SCRIPT,
  defineRunbook,
  durationOf,
  FLAG_JOURNAL,
  type FlaggedFile,
  lookAtFlags,
  messageOf,
  minutes,
  newContentPath,
  OobError,
  openScript,
  printable,
  type RunbookHands,
  readFlaggedFiles,
  SEAL_SCRIPT,
  seconds,
  shutScript,
  textOf,
  UNDO_SCRIPT,
  UNFLAG_SCRIPT,
} from "oob/sdk";

const MAX_FILES = 100;
const MAX_CONTENT_BYTES = 1024 * 1024;
const STEP_WITHIN = minutes(5);

/** What is to be changed, and how. */
interface Plan {
  readonly files: readonly string[];
  /** New content by index; undefined where a command changes it. */
  readonly contents: readonly (Uint8Array | undefined)[];
  readonly command: string;
}

const fail = (host: string, what: string, hint?: string): OobError =>
  new OobError("RUNBOOK_FAILED", `Cannot ${what} at ${host}`, hint === undefined ? {} : { hint });

const wrong = (what: string): OobError =>
  new OobError("RUNBOOK_INVALID", `Cannot change flagged files: ${what}`);

async function planOf({ options }: RunbookHands): Promise<Plan> {
  const listed = Array.isArray(options.files) ? options.files : [];
  const files = [...new Set(listed.flatMap((one) => String(one).split(",")))];
  const bad = files.find(
    (file) => !/^\/[^\p{Cc}]{1,1000}$/u.test(file) || /\/(?:\.\.?)?(?:\/|$)/.test(file),
  );
  if (bad !== undefined) throw wrong(`"${printable(bad, 120)}" is no absolute path of a file`);
  if (files.length === 0 || files.length > MAX_FILES)
    throw wrong(`files has to name between 1 and ${MAX_FILES}`);
  const from = textOf(options, "from");
  const command = textOf(options, "command");
  if ((from === "") === (command === ""))
    throw wrong("either from or command has to say what is changed");
  const contents = await Promise.all(
    files.map(async (file) => (from === "" ? undefined : readContent(join(from, file)))),
  );
  return { files, contents, command };
}

/** What anybody on our own box may read, may be sent to a host by whoever may run this; nothing else. */
async function readContent(path: string): Promise<Uint8Array> {
  const info = await lstat(path).catch((cause: unknown) => {
    throw wrong(`"${path}" cannot be read: ${messageOf(cause)}`);
  });
  if (!info.isFile() || info.size > MAX_CONTENT_BYTES)
    throw wrong(`"${path}" is no plain file of at most ${MAX_CONTENT_BYTES} bytes`);
  if ((info.mode & 0o004) === 0) throw wrong(`"${path}" is not readable by everybody`);
  return readFile(path);
}

/** One of our scripts; what it says where it stops is the reason. */
async function script(hands: RunbookHands, text: string, what: string, within = STEP_WITHIN) {
  const { console, host } = hands;
  const done = await console.capture(text, { within, what });
  if (done.status === 0) return done.text;
  const said = printable(done.text.trim().split("\n").at(-1) ?? "", 200);
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot ${what} at ${host.name}: it ended with ${done.status}, saying "${said}"`,
  );
}

const tableOf = (plan: Plan, rows: readonly FlaggedFile[]) =>
  rows.map(({ index, flags, digest, size }) => ({
    file: printable(plan.files[index] ?? "", 120),
    flags,
    bytes: size,
    sha256: digest,
  }));

/** Flags and digests as they are, and whether single-user mode is needed to take the flags off. */
async function look(hands: RunbookHands, plan: Plan) {
  const text = await script(hands, lookAtFlags(plan.files), "read flags and digests");
  const files = readFlaggedFiles(text);
  if (files.length !== plan.files.length)
    throw fail(hands.host.name, "read the flags of every file");
  return { files, needsSingle: /^single yes$/m.test(text) };
}

/** What a killed run left is finished or undone first. Says what was done. */
async function recover(hands: RunbookHands): Promise<string> {
  const text = await script(hands, UNDO_SCRIPT, "finish or undo what the journal tells");
  return text.trim().split("\n").at(-1) ?? "";
}

/** All between the first flag that goes and the last that is back. */
async function changeUnflagged(hands: RunbookHands, plan: Plan): Promise<FlaggedFile[]> {
  const { console, host, options } = hands;
  await script(hands, UNFLAG_SCRIPT, "take the flags off");
  for (const [index, content] of plan.contents.entries())
    if (content) await console.put(newContentPath(index), content, { mode: 0o600 });
  if (plan.command === "") await script(hands, APPLY_SCRIPT, "write the new content");
  else
    await script(
      hands,
      plan.command,
      "run the command",
      durationOf(options, "within", minutes(10)),
    );
  await script(hands, SEAL_SCRIPT, "read the new digests");
  const closed = readFlaggedFiles(await script(hands, CLOSE_SCRIPT, "put the flags back"));
  for (const { index, digest } of closed) {
    const content = plan.contents[index];
    if (content && createHash("sha256").update(content).digest("hex") !== digest)
      throw fail(host.name, `prove the new content of ${plan.files[index]}`);
  }
  return closed;
}

/** Fails closed: whatever goes wrong, flags and content are put back, and that is proven or said not to be. */
async function change(hands: RunbookHands, plan: Plan) {
  const opened = await script(hands, openScript(plan.files), "make the file systems writable");
  const places = opened.split("\n").flatMap((line) => /^ro (\/.*)$/.exec(line)?.[1] ?? []);
  try {
    const left = await recover(hands);
    if (left !== "none") hands.note(`a run before this one was cut off: it is ${left} now`);
    const before = (await look(hands, plan)).files;
    await script(hands, beginScript(plan.files), "write the journal");
    try {
      return { before, after: await changeUnflagged(hands, plan) };
    } catch (thrown) {
      const how = await recover(hands).catch((failed: unknown) => messageOf(failed));
      const proven = how === "undone" || how === "finished" || how === "none";
      throw new OobError(
        "RUNBOOK_FAILED",
        `${messageOf(thrown)}; ${proven ? `flags and content were read back: ${how}` : `THE FILES MAY BE WITHOUT THEIR FLAGS: ${how}`}`,
        {
          cause: thrown,
          hint: proven
            ? "Nothing is left to be put right; look at the cause"
            : `Run it again: it begins with the journal, ${FLAG_JOURNAL} on the host`,
        },
      );
    }
  } finally {
    if (places.length > 0)
      await script(hands, shutScript(places), "make the file systems read-only again").catch(
        (thrown: unknown) => hands.note(messageOf(thrown)),
      );
  }
}

async function inSingleUser(hands: RunbookHands, work: () => Promise<void>): Promise<void> {
  const { options, host } = hands;
  const by = textOf(options, "by");
  const entered = await hands.part("single-user", { stay: "true", ...(by === "" ? {} : { by }) });
  if (entered.verdict === "failed")
    throw fail(host.name, `enter single-user mode: ${entered.text}`, "No flag was touched");
  try {
    await work();
  } finally {
    const left = await hands.part("multi-user");
    if (left.verdict === "failed") hands.note(`still in single-user mode: ${left.text}`);
  }
}

/** Whether the host has to go to single-user mode: asked for, or its kernel would not take the flags off. */
function goesSingle({ options, host, dryRun }: RunbookHands, needed: boolean | undefined): boolean {
  const asked = textOf(options, "single-user");
  if (asked === "false" && needed === true)
    throw fail(
      host.name,
      "take the flags off in multi-user mode: its securelevel, or a dropped capability, forbids it",
      "Allow single-user=auto",
    );
  return asked === "true" || (asked === "auto" && (needed ?? (dryRun && /bsd/i.test(host.os))));
}

/** Changes files that are immutable or append-only, and has them as protected as before. */
export default defineRunbook({
  title: "Change files that are immutable or append-only",
  summary:
    "Takes the flags off these files alone, in single-user mode where needed, changes them, flags them again; a difference puts all back",
  risk: "disrupt",
  sources: [
    "chattr(1), lsattr(1), capabilities(7): CAP_LINUX_IMMUTABLE",
    "FreeBSD chflags(1), security(7); OpenBSD chflags(1), securelevel(7); NetBSD chflags(1), secmodel_securelevel(9)",
  ],
  needs: ["login"],
  on: ["linux", "freebsd", "openbsd", "netbsd", "dragonfly"],
  options: {
    files: {
      kind: "list",
      required: true,
      summary: "absolute paths, by commas; no others are touched",
    },
    from: {
      kind: "text",
      summary: "a folder on our box: its etc/motd is the new /etc/motd; readable by everybody",
    },
    command: { kind: "text", summary: "or a command that changes them; has to end with 0" },
    within: { kind: "duration", summary: "how long that command may take (10m)" },
    "single-user": {
      kind: "choice",
      choices: ["auto", "true", "false"],
      default: "auto",
      summary: "auto: where securelevel or a dropped capability asks for it",
    },
    by: { kind: "text", summary: "how single-user mode is entered, as its runbook has it" },
  },
  timeout: minutes(90),
  async run(hands) {
    const { console, host, step, act, note, report, dryRun } = hands;
    const plan = await planOf(hands);
    const names = plan.files.map((file) => printable(file, 120)).join(", ");
    // Looking changes nothing; but a rehearsal of what may take a host down types nothing at all.
    const seen = dryRun
      ? undefined
      : await step("look", async () => {
          await console.login(seconds(60));
          await hands.identify();
          const now = await look(hands, plan);
          for (const { index, flags } of now.files) note(`${plan.files[index]}: ${flags}`);
          return now;
        });
    const single = goesSingle(hands, seen?.needsSingle);
    let done: Awaited<ReturnType<typeof change>> | undefined;
    const work = async () => {
      done = await step("change", () =>
        act(
          `journal, unflag, ${plan.command === "" ? "write the new content" : `run "${printable(plan.command, 120)}"`}, prove digests, flag again: ${names}`,
          () => change(hands, plan),
          { undo: "the same with the old content" },
        ),
      );
    };
    if (single) await inSingleUser(hands, work);
    else await work();
    if (!done) return `${host.name} was left as it is`;
    report.table("Before", tableOf(plan, done.before));
    report.table("After", tableOf(plan, done.after));
    const { before, after } = done;
    const changed = after.filter(({ index, digest }) => before[index]?.digest !== digest);
    return {
      verdict: "ok",
      text: `${host.name}: ${changed.length} of ${after.length} files changed, all have their flags again${single ? ", multi-user again" : ""}`,
    };
  },
});
