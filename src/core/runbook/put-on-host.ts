import { randomBytes } from "node:crypto";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { appendAll } from "../../sdk/shell/append-all.ts";
import type { FetchProgress } from "../../sdk/shell/fetch-output.ts";
import type { GuardedShell } from "../../sdk/shell/guarded-shell.ts";
import type { Leftovers } from "../../sdk/shell/host-store.ts";
import { type HostTools, proofOf } from "../../sdk/shell/host-tools.ts";
import { shellWord, withoutChatter } from "../../sdk/shell/piece-command.ts";

/** What is put where. */
export interface FileWish {
  readonly path: string;
  readonly file: Uint8Array;
  readonly mode: number | undefined;
  readonly progress: FetchProgress;
}

const FOLDER = 10;
const THERE = 11;
const LINK = 13;

/** Makes a file of the host be this: beside it under a temporary name, proven, then renamed. */
export async function putOnHost(
  shell: GuardedShell,
  tools: HostTools,
  leftovers: Leftovers,
  { path, file, mode, progress }: FileWish,
): Promise<void> {
  const word = shellWord(path);
  const temporary = `${path}.oob-${randomBytes(3).toString("hex")}`;
  const part = shellWord(temporary);
  const demand = async (command: string, otherwise: string) => {
    const { status, output } = await shell.run(command, tools.proof);
    if (status === 0) return;
    const said = withoutChatter(output).trim().split("\n").at(-1) ?? "";
    throw shell.failed(said === "" ? otherwise : `${otherwise}: ${printable(said, 160)}`);
  };
  const look = `[ -L ${word} ]&&exit ${LINK};[ -d ${word} ]&&exit ${FOLDER};[ -e ${word} ]&&exit ${THERE};exit 0`;
  const { status } = await shell.run(look, tools.proof);
  if (status === LINK || status === FOLDER)
    throw shell.failed(
      status === LINK ? "it is a symbolic link: name the file itself" : "it is a folder",
    );
  leftovers.add([temporary]);
  try {
    // The copy has mode and owner of the file, and on SELinux its label: login reads no shadow file of another one.
    const make =
      status === THERE
        ? `cp -p ${word} ${part}&&: >${part}&&{ chcon --reference=${word} ${part} 2>/dev/null;:;}`
        : `umask 077;: >${part}`;
    await demand(make, `it cannot write "${temporary}"`);
    await appendAll(shell, shell.what, {
      file,
      path: temporary,
      tools,
      spelling: undefined,
      progress: (bytes) => progress(bytes, file.length),
    });
    const tool = tools.sha256 ?? tools.proof;
    const same = `case "$(${tool} <${part})" in *"${proofOf(tool, file)}"*);;*)exit 12;;esac`;
    await demand(same, "what came there has another digest");
    const change = mode === undefined ? "" : `chmod ${mode.toString(8)} ${part}&&`;
    // Asked twice, it has been done: the temporary file is gone then.
    const move = `[ -e ${part} ]||exit 0;${change}mv -f ${part} ${word}`;
    await demand(move, `"${temporary}" cannot be renamed`);
    leftovers.remove([temporary]);
  } catch (thrown) {
    if (thrown instanceof OobError && thrown.code === "TRANSFER_FAILED")
      await shell
        .run(`rm -f ${part}`, tools.proof)
        .then(() => leftovers.remove([temporary]))
        // The next run takes it away.
        .catch(() => undefined);
    throw thrown;
  }
}
