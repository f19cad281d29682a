import { basename } from "node:path";
import type { Site } from "../../core/site/site.ts";
import { byteSize as size } from "../../lib/byte-size.ts";
import { OobError } from "../../lib/errors.ts";
import { getFile } from "../../sdk/shell/get-file.ts";
import { sha256 } from "../../sdk/shell/host-tools.ts";
import { chooseHost } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";
import { keepFile, refuseExisting } from "../new-file.ts";
import { printError } from "../print-error.ts";
import { Progress } from "../transfer/progress.ts";
import { ShellLine } from "../transfer/shell-line.ts";
import {
  isBlocks,
  methodOption,
  TRANSFER_OPTIONS,
  type TransferOptions,
} from "../transfer/transfer-options.ts";
import { getBlocks } from "../transfer/xmodem-line.ts";

const WHAT = "get a file from";

export default defineCommand<TransferOptions>({
  usage: "<host> <path> [file]",
  about: [
    "Through the shell that stands open at the console, in pieces with a digest each; what a kernel printed into the",
    "midst of one is taken out, or the piece is read again. The file appears here once its SHA-256 is that of the host.",
    "xmodem and ymodem take it from a program of the host (--start 'sx NAME'); plain xmodem fills the last block up.",
  ].join(" "),
  options: [
    {
      flags: "--method <how>",
      summary: "auto; xmodem, xmodem-1k, ymodem",
      parse: methodOption,
      default: "auto",
    },
    ...TRANSFER_OPTIONS,
  ],
  examples: [
    "oob getfile web1 /var/log/dmesg",
    "oob getfile sw1 config.text --method ymodem --start 'copy flash:config.text ymodem:'",
  ],
  async run(call) {
    const { args, options, context } = call;
    const [word = "", path = ""] = args;
    const to = args[2] ?? basename(path);
    if (to === "" || /\p{Cc}/u.test(path))
      throw new OobError("USAGE", `Cannot get "${path}": it is no name of a file`);
    await refuseExisting(to, options.force ?? false);
    const { site, host } = await chooseHost(call, word);
    const progress = new Progress(host, context.stderr, context.clock);
    const report = (bytes: number, whole: number | undefined) => progress.at(bytes, whole);
    const got = isBlocks(options.method)
      ? await fromBlocks(call, site, host, report).finally(() => progress.clear())
      : await fromShell(call, site, host, path, report).finally(() => progress.clear());
    await keepFile(to, got.bytes, options.force ?? false);
    return tell(call, host, to, got);
  },
});

interface Got {
  readonly bytes: Uint8Array;
  /** Undefined: proven in blocks. */
  readonly proven: boolean | undefined;
  readonly note: string;
}

async function fromShell(
  { context, options, interrupt }: Call<TransferOptions>,
  site: Site,
  host: string,
  path: string,
  report: (bytes: number, whole: number) => void,
): Promise<Got> {
  const { join = false, reason = "" } = options;
  const around = { site, clock: context.clock, signal: interrupt.signal };
  const line = await ShellLine.open(around, { host, what: WHAT, join, reason });
  try {
    const { bytes, proven } = await getFile(line.shell, path, report);
    return { bytes, proven, note: "" };
  } finally {
    await line.leave();
  }
}

async function fromBlocks(
  { context, options, interrupt }: Call<TransferOptions>,
  site: Site,
  host: string,
  report: (bytes: number, whole: number | undefined) => void,
): Promise<Got> {
  const { method, start, join = false, reason = "" } = options;
  const around = { site, clock: context.clock, signal: interrupt.signal };
  const wish = { host, what: WHAT, join, reason, batch: method === "ymodem", start };
  const { bytes, whole } = await getBlocks(around, wish, report);
  const note = whole ? "" : "; its end may be filled up with bytes 0x1a";
  return { bytes, proven: undefined, note };
}

function tell({ out, options }: Call<TransferOptions>, host: string, to: string, got: Got): number {
  const { bytes, proven, note } = got;
  const digest = sha256(bytes);
  if (options.json)
    out.json({
      v: JSON_VERSION,
      host,
      file: to,
      bytes: bytes.length,
      sha256: digest,
      proven: proven ?? "blocks",
    });
  else if (proven === undefined)
    out.line(`${to}  ${size(bytes.length)} from ${host}; every block was proven${note}`);
  else if (proven)
    out.line(
      `${to}  ${size(bytes.length)} from ${host}; the host computed the same SHA-256 ${digest}`,
    );
  else out.line(`${to}  ${size(bytes.length)} from ${host}; unproven`);
  if (proven !== false) return EXIT.done;
  printError(
    out,
    new OobError("TRANSFER_UNPROVEN", `Cannot prove "${to}": nothing on ${host} computes SHA-256`, {
      hint: "Each piece came whole by a weaker digest",
    }),
  );
  return EXIT.unknown;
}
