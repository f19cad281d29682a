import type { Evidence, SealProblem, SealVerdict } from "../../daemon/offline.ts";
import { byteSize } from "../../lib/byte-size.ts";
import type { Millis } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import type { Call } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";
import type { Output } from "../output.ts";
import type { Style } from "../piece.ts";
import { local, parseTime, utc } from "../times.ts";

/** Options of `oob log verify` and its like. */
export interface EvidenceOptions {
  readonly since?: string | undefined;
  readonly anchor?: string;
  readonly key?: string;
}

const KEY = /\bed25519:[0-9a-f]{64}\b/;

const STYLES: Readonly<Record<SealVerdict["result"], Style>> = {
  verified: "green",
  consistent: "plain",
  unsealed: "yellow",
  broken: "red",
};

/** Says of each log whether it is as it was written. */
export async function verifyLogs(
  call: Call<EvidenceOptions>,
  named: readonly string[],
): Promise<number> {
  const broken = await verifyNamed(call, await openEvidence(call), named);
  return broken > 0 ? EXIT.failed : EXIT.done;
}

/** Opens the logs of the site, as files. */
export async function openEvidence({ options, context }: Call): Promise<Evidence> {
  const { Evidence } = await (await import("../../daemon/offline.ts")).evidence();
  return Evidence.open(options.config, context.env);
}

/** The same; gives how many are broken. */
export async function verifyNamed(
  call: Call<EvidenceOptions>,
  evidence: Evidence,
  named: readonly string[],
): Promise<number> {
  const { out, options, interrupt } = call;
  const wish = await wishOf(call);
  let broken = 0;
  const verify = async (one: string) => {
    const verdict = await out.waiting(`the log of ${one}`, evidence.verify(one, wish));
    if (verdict.result === "broken") broken++;
    if (options.json) out.json(verdictView(one, verdict));
    else printVerdict(out, one, verdict, options.anchor !== undefined);
  };
  for (const one of named) {
    const exported = await out.waiting(one, evidence.exported(one, interrupt.signal));
    if (!exported) {
      await verify(one);
      continue;
    }
    const { logs, ...copy } = exported;
    if (copy.problems.length > 0) broken++;
    if (options.json) out.json({ v: JSON_VERSION, export: one, ...copy });
    else printCopy(out, one, copy);
    for (const log of logs) await verify(log);
  }
  return broken;
}

async function wishOf({ options, context, interrupt }: Call<EvidenceOptions>) {
  const { readNamed } = await (await import("../../daemon/offline.ts")).evidence();
  const { since, anchor, key } = options;
  return {
    signal: interrupt.signal,
    since: since === undefined ? undefined : parseTime(since, context.clock.now()),
    anchor: anchor === undefined ? undefined : await readNamed("anchor", anchor),
    key:
      key === undefined
        ? undefined
        : (KEY.exec(key)?.[0] ?? firstKey(key, await readNamed("key", key))),
  };
}

/** Prints the newest checkpoint of each log. */
export async function printAnchors(
  { out, options, context }: Call<EvidenceOptions>,
  named: readonly string[],
): Promise<number> {
  const { Evidence } = await (await import("../../daemon/offline.ts")).evidence();
  const evidence = await Evidence.open(options.config, context.env);
  let missing = 0;
  for (const one of named) {
    const line = await evidence.anchor(one);
    if (options.json) out.json({ v: JSON_VERSION, host: one, checkpoint: line ?? null });
    // Never broken into rows: who copies it off a terminal wants the line.
    else if (line !== undefined) out.raw(`${line}\n`);
    if (line !== undefined) continue;
    missing++;
    out.talk(`${one} has no checkpoint yet`);
  }
  return missing > 0 ? EXIT.failed : EXIT.done;
}

function firstKey(path: string, text: string): string {
  const [key] = KEY.exec(text) ?? [];
  if (key !== undefined) return key;
  throw new OobError("USAGE", `Cannot use the key in "${path}": it has none`, {
    hint: 'A key is "ed25519:" and 64 hexadecimal digits, as oob serve printed it when it began to seal',
  });
}

/** Whether a copy is whole: its seals tell the rest. */
function printCopy(
  out: Output,
  folder: string,
  { problems, files }: { readonly problems: readonly string[]; readonly files: number },
): void {
  const isWhole = problems.length === 0;
  const word = isWhole ? "whole" : "BROKEN";
  out.line(
    ...[folder, "  ", { text: word, style: isWhole ? "plain" : "red" } as const],
    `  ${files} files as they were exported`.slice(0, isWhole ? undefined : 0),
  );
  for (const problem of problems) out.line("    ", { text: problem, style: "red" });
}

function printVerdict(out: Output, host: string, verdict: SealVerdict, anchored: boolean): void {
  const { result, problems, verifiedTo, signedTo, unsealedSegments } = verdict;
  const word = result === "broken" ? "BROKEN" : result;
  out.line(host, "  ", { text: word, style: STYLES[result] }, sizeText(verdict));
  for (const problem of problems) out.line("    ", { text: problemText(problem), style: "red" });
  if (verifiedTo) out.line(`    verified up to ${placeText(verifiedTo)}, by an anchor`);
  if (signedTo) out.line(`    consistent up to ${placeText(signedTo)}, its last checkpoint`);
  if (verdict.recovered > 0)
    out.line(
      `    ${verdict.recovered} bytes were found after a crash: their time is that of the file`,
    );
  if (verdict.unsealedTail > 0)
    out.line(`    ${verdict.unsealedTail} bytes at the end are not sealed yet`);
  if (verdict.removedEntries > 0)
    out.line(`    begins at entry ${verdict.removedEntries}: what was before is not here any more`);
  if (unsealedSegments.length > 0)
    out.line(
      `    ${unsealedSegments.length} segments are from before it was sealed, the last ${unsealedSegments.at(-1)}`,
    );
  if (verdict.key !== undefined) out.line(`    first key ${verdict.key}`);
  if (result === "consistent" && !anchored)
    out.talk(
      "consistent is not verified: who has this machine can write another end; see oob log anchor",
    );
}

const sizeText = ({ segments, entries, bytes }: SealVerdict): string =>
  segments === 0
    ? "  no part of it was ever sealed"
    : `  ${segments} ${segments === 1 ? "segment" : "segments"}, ${entries} entries, ${byteSize(bytes)}`;

const placeText = ({ at, offset }: { readonly at: Millis; readonly offset: number }): string =>
  `${local(at)}, byte ${offset}`;

function problemText({ segment, what, entry, offset, at }: SealProblem): string {
  const place = [
    segment,
    ...(entry === undefined ? [] : [`entry ${entry}`]),
    ...(offset === undefined ? [] : [`byte ${offset}`]),
    ...(at === undefined ? [] : [timeText(at)]),
  ].filter((part) => part !== "");
  return place.length === 0 ? what : `${place.join(", ")}: ${what}`;
}

/** What a damaged entry calls its time may be none. */
const timeText = (at: Millis): string =>
  Number.isNaN(new Date(at).getTime()) ? "at no time" : local(at);

function verdictView(host: string, verdict: SealVerdict): object {
  const { verifiedTo, signedTo, problems, key, ...rest } = verdict;
  const place = (point: SealVerdict["signedTo"]) =>
    point === undefined ? null : { ...point, at: utc(point.at) };
  return {
    v: JSON_VERSION,
    host,
    ...rest,
    verifiedTo: place(verifiedTo),
    signedTo: place(signedTo),
    key: key ?? null,
    problems: problems.map(({ at, ...problem }) => ({
      ...problem,
      ...(at !== undefined && !Number.isNaN(new Date(at).getTime()) && { at: utc(at) }),
    })),
  };
}
