import { randomBytes } from "node:crypto";
import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { appendAll } from "./append-all.ts";
import type { GuardedShell } from "./guarded-shell.ts";
import { type HostTools, sha256, TOOL_PROBES, toolsOf } from "./host-tools.ts";
import { type Spelling, shellWord, withoutChatter } from "./piece-command.ts";

/** What goes where. */
export interface PutWish {
  readonly file: Uint8Array;
  /** Name or folder on the host; relative to where its shell stands. */
  readonly to: string;
  /** Name in a folder. */
  readonly name: string;
  /** Octal, as chmod takes it. */
  readonly mode: string | undefined;
  readonly force: boolean;
  readonly spelling: Spelling | undefined;
  readonly progress: (bytes: number) => void;
}

/** How it ended: under which name, and what proves it. */
export interface PutEnd {
  readonly path: string;
  readonly sha256: string;
  readonly proven: boolean;
}

/** So much of what a host says about a failure stands in a message. */
const MAX_SAID = 160;

/** Asks the host, whose shell is proven, what it has to work with. Undefined: it can prove nothing. */
export async function findTools(shell: GuardedShell): Promise<HostTools | undefined> {
  let said = "";
  // A message of the kernel can tear an answer apart: what is missing is asked for once more.
  for (let round = 0; round < 2; round++) {
    for (const probe of TOOL_PROBES)
      said += `${withoutChatter((await shell.runOnce(probe))?.output ?? "")}\n`;
    const tools = toolsOf(said);
    if (tools?.sha256 !== undefined && tools.decode !== undefined) return tools;
  }
  return toolsOf(said);
}

/** The same. Throws TRANSFER_FAILED where it can prove nothing. */
export async function askTools(shell: GuardedShell, what: string): Promise<HostTools> {
  const tools = await findTools(shell);
  if (tools !== undefined) return tools;
  throw new OobError(
    "TRANSFER_FAILED",
    `Cannot ${what} ${shell.host}: it cannot prove what comes`,
    {
      hint: "It has neither cksum nor md5sum nor SHA-256. Use --method ymodem with a receiver on the host",
    },
  );
}

/** Puts a file through a shell: under a temporary name, proven, then renamed. */
export class PutFile {
  readonly #shell: GuardedShell;
  readonly #wish: PutWish;
  readonly #what: string;
  /** Exists on the host, and has to go if the transfer does not end. */
  temporary: string | undefined;

  constructor(shell: GuardedShell, wish: PutWish, what: string) {
    this.#shell = shell;
    this.#wish = wish;
    this.#what = what;
  }

  async run(): Promise<PutEnd> {
    const { file, mode, force } = this.#wish;
    const tools = await askTools(this.#shell, this.#what);
    const path = await this.#target(tools);
    const temporary = `${path}.oob-${randomBytes(3).toString("hex")}`;
    const part = shellWord(temporary);
    this.temporary = temporary;
    await this.#demand(`umask 077; : >${part}`, tools, `it cannot write "${temporary}"`);
    await this.#pieces(tools, temporary);
    const digest = sha256(file);
    const proven = await this.#prove(tools, temporary, digest);
    const change = mode === undefined ? "" : `chmod ${mode} ${part}&&`;
    const free = force ? "" : `[ ! -e ${shellWord(path)} ]&&`;
    // Asked twice, it has been done: the temporary file is gone then.
    await this.#demand(
      `[ -e ${part} ]||exit 0;${free}${change}mv -f ${part} ${shellWord(path)}`,
      tools,
      `"${temporary}" cannot be renamed to "${path}"`,
    );
    this.temporary = undefined;
    return { path, sha256: digest, proven };
  }

  /** Takes the temporary file away again. */
  async cleanUp(): Promise<void> {
    if (this.temporary === undefined) return;
    await this.#shell.runOnce(`rm -f ${shellWord(this.temporary)}`);
    this.temporary = undefined;
  }

  /** Under which name it will be: a folder takes it under its own. */
  async #target(tools: HostTools): Promise<string> {
    const { to, name, force } = this.#wish;
    const inside = `${to.replace(/\/+$/, "")}/${name}`;
    const test = (path: string) => `[ -e ${shellWord(path)} ]&&exit 11`;
    const command = `if [ -d ${shellWord(to)} ];then ${test(inside)};exit 10;fi;${test(to)};exit 0`;
    const { status } = await this.#shell.run(command, tools.proof);
    // 11: something of this name is there already, in the folder or instead of one.
    const isFolder = status === 10 || (status === 11 && (await this.#isFolder(tools)));
    const path = isFolder ? inside : to;
    if (status === 11 && !force)
      throw new OobError(
        "GUARD_REFUSED",
        `Cannot ${this.#what} ${this.#shell.host}: "${path}" exists there`,
        {
          hint: "Give another name with --to, or --force to replace it",
        },
      );
    return path;
  }

  async #isFolder(tools: HostTools): Promise<boolean> {
    const { status } = await this.#shell.run(`[ -d ${shellWord(this.#wish.to)} ]`, tools.proof);
    return status === 0;
  }

  #pieces(tools: HostTools, path: string): Promise<void> {
    const { file, progress, spelling } = this.#wish;
    return appendAll(this.#shell, this.#what, { file, path, tools, spelling, progress });
  }

  /** true: the host computed the same SHA-256. false: it has nothing to compute one. */
  async #prove(tools: HostTools, path: string, digest: string): Promise<boolean> {
    if (tools.sha256 === undefined) return false;
    const same = `case "$(${tools.sha256} <${shellWord(path)})" in *${digest}*);;*)exit 12;;esac`;
    await this.#demand(same, tools, "SHA-256 of what came there is another one");
    return true;
  }

  async #demand(command: string, tools: HostTools, otherwise: string): Promise<void> {
    const { status, output } = await this.#shell.run(command, tools.proof);
    if (status === 0) return;
    const said = withoutChatter(output).trim().split("\n").at(-1) ?? "";
    const because = said === "" ? "" : `: ${printable(said, MAX_SAID)}`;
    throw new OobError(
      "TRANSFER_FAILED",
      `Cannot ${this.#what} ${this.#shell.host}: ${otherwise}${because}`,
    );
  }
}
