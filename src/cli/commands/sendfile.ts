import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import type { Site } from "../../core/site/site.ts";
import { byteSize as size } from "../../lib/byte-size.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { MAX_FILE_BYTES } from "../../sdk/shell/get-file.ts";
import { sha256 } from "../../sdk/shell/host-tools.ts";
import { type PutEnd, PutFile } from "../../sdk/shell/put-file.ts";
import { chooseHost } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";
import { printError } from "../print-error.ts";
import { Progress } from "../transfer/progress.ts";
import { ShellLine } from "../transfer/shell-line.ts";
import {
  isBlocks,
  methodOption,
  TRANSFER_OPTIONS,
  type TransferOptions,
} from "../transfer/transfer-options.ts";
import { sendBlocks } from "../transfer/xmodem-line.ts";

interface SendFileOptions extends TransferOptions {
  readonly to?: string;
  readonly mode?: string;
}

const WHAT = "send a file to";
/** Twice in a typed line, it leaves room for a piece of the file. */
const MAX_PATH = 256;
const CLEAN_UP_WITHIN = seconds(8);

export default defineCommand<SendFileOptions>({
  usage: "<host> <file>",
  about: [
    "Through the shell that stands open at the console (nothing is typed at anything else): in pieces that the host",
    "proves one by one, under a temporary name, renamed once its SHA-256 is that of the file. xmodem and ymodem talk to",
    "a boot loader or to network gear that waits for them; each block is proven, the whole is not.",
  ].join(" "),
  options: [
    {
      flags: "--method <how>",
      summary: "auto, base64, printf; xmodem, xmodem-1k, ymodem",
      parse: methodOption,
      default: "auto",
    },
    {
      flags: "--to <path>",
      summary: "name or folder on the host (default: the file's name)",
      parse: pathOption,
    },
    { flags: "--mode <octal>", summary: "access rights on the host: 755", parse: modeOption },
    ...TRANSFER_OPTIONS,
  ],
  examples: [
    "oob sendfile web1 fstab --to /etc/fstab.new --mode 644",
    "oob sendfile sw1 image.bin --method ymodem --start 'loady 0x42000000'",
  ],
  async run(call) {
    const [word = "", path = ""] = call.args;
    const file = await fileOf(path);
    if (isBlocks(call.options.method)) refuseNames(call.options);
    const { site, host } = await chooseHost(call, word);
    const progress = new Progress(host, call.context.stderr, call.context.clock);
    const report = (bytes: number) => progress.at(bytes, file.length);
    try {
      const began = call.context.clock.monotonic();
      const end = isBlocks(call.options.method)
        ? await inBlocks(call, site, host, { file, name: basename(path), report })
        : await byShell(call, site, host, { file, name: basename(path), report });
      progress.clear();
      return tell(call, host, { ...end, file, took: call.context.clock.monotonic() - began });
    } finally {
      progress.clear();
    }
  },
});

interface Sending {
  readonly file: Uint8Array;
  readonly name: string;
  readonly report: (bytes: number) => void;
}

async function inBlocks(
  { context, options, interrupt }: Call<SendFileOptions>,
  site: Site,
  host: string,
  { file, name, report }: Sending,
): Promise<PutEnd | undefined> {
  const { method, start, join = false, reason = "" } = options;
  const wish = { host, what: WHAT, join, reason, batch: method === "ymodem", start };
  const around = { site, clock: context.clock, signal: interrupt.signal };
  await sendBlocks(around, wish, { bytes: file, name, long: method !== "xmodem" }, report);
  return undefined;
}

async function byShell(
  call: Call<SendFileOptions>,
  site: Site,
  host: string,
  { file, name, report }: Sending,
): Promise<PutEnd> {
  const { context, options, interrupt, out } = call;
  const { method, to = name, mode, force = false, join = false, reason = "" } = options;
  const stopped = new AbortController();
  // The first Ctrl-C ends the transfer and leaves time to take away what is half there; the second one ends all.
  const unguard = interrupt.guard(() => stopped.abort(interrupted(host)));
  const signal = AbortSignal.any([stopped.signal, interrupt.signal]);
  const line = await ShellLine.open(
    { site, clock: context.clock, signal },
    { host, what: WHAT, join, reason },
  );
  const spelling = method === "base64" || method === "printf" ? method : undefined;
  const wish = { file, to, name, mode, force, spelling, progress: report };
  const put = new PutFile(line.shell, wish, WHAT);
  try {
    return await put.run();
  } catch (thrown) {
    const { temporary } = put;
    await cleanUp(line, put).then(
      () => temporary !== undefined && out.talk(`nothing is left on ${host}`),
      (again: unknown) => {
        printError(out, again);
        out.talk(`"${temporary}" may be left on ${host}: remove it by hand`);
      },
    );
    throw thrown;
  } finally {
    unguard();
    await line.leave();
  }
}

async function cleanUp(line: ShellLine, put: PutFile): Promise<void> {
  if (put.temporary === undefined) return;
  await line.lastWords(CLEAN_UP_WITHIN);
  await put.cleanUp();
}

function tell(
  { out, options }: Call<SendFileOptions>,
  host: string,
  end: Partial<PutEnd> & { readonly file: Uint8Array; readonly took: number },
): number {
  const { file, path, proven } = end;
  const digest = sha256(file);
  const bytes = file.length;
  const rate = Math.round((bytes * 1000) / Math.max(1, end.took));
  const fast = `${size(bytes)} in ${(end.took / 1000).toFixed(1)} s, ${size(rate)}/s`;
  if (options.json)
    out.json({
      v: JSON_VERSION,
      host,
      sent: true,
      bytes,
      path,
      sha256: digest,
      proven: proven ?? "blocks",
    });
  else if (proven === undefined)
    out.line(
      `${host}  sent ${fast}; every block was proven, SHA-256 of the whole was not: ${digest}`,
    );
  else if (proven)
    out.line(`${host}:${path}  sent ${fast}; the host computed the same SHA-256 ${digest}`);
  else out.line(`${host}:${path}  sent ${fast}; unproven`);
  if (proven !== false) return EXIT.done;
  printError(
    out,
    new OobError(
      "TRANSFER_UNPROVEN",
      `Cannot prove "${path}" on ${host}: nothing there computes SHA-256`,
      {
        hint: "Each piece came whole by a weaker digest, and the length is right",
      },
    ),
  );
  return EXIT.unknown;
}

function interrupted(host: string): OobError {
  return new OobError("INTERRUPTED", `Cannot ${WHAT} ${host}: interrupted`);
}

async function fileOf(path: string): Promise<Uint8Array> {
  try {
    const { size: bytes } = await stat(path);
    if (bytes <= MAX_FILE_BYTES) return await readFile(path);
  } catch (thrown) {
    throw new OobError("USAGE", `Cannot read the file "${path}": ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
  throw new OobError("USAGE", `Cannot send "${path}": it has more than ${size(MAX_FILE_BYTES)}`, {
    hint: "A console is slow: pack it, or bring it another way",
  });
}

/** What receives blocks knows by itself where they belong. */
function refuseNames({ to, mode, method }: SendFileOptions): void {
  if (to === undefined && mode === undefined) return;
  throw new OobError(
    "USAGE",
    `Cannot use --to or --mode with ${method}: the host decides where it goes`,
    {
      hint: "Say it in what is typed first: --start 'rx NAME'",
    },
  );
}

function pathOption(text: string): string {
  if (text !== "" && text.length <= MAX_PATH && !/\p{Cc}/u.test(text)) return text;
  throw new OobError("USAGE", `Cannot use the path "${text.slice(0, 40)}"`, {
    hint: `At most ${MAX_PATH} characters, none of them a control character`,
  });
}

function modeOption(text: string): string {
  if (/^[0-7]{3,4}$/.test(text)) return text;
  throw new OobError("USAGE", `Cannot read the mode "${text}"`, {
    hint: "Octal, as chmod takes it: 755",
  });
}
