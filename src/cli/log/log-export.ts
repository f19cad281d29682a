import type { ExportedLog } from "../../daemon/offline.ts";
import { byteSize } from "../../lib/byte-size.ts";
import { OobError } from "../../lib/errors.ts";
import { expandHosts } from "../../lib/host-list.ts";
import type { Call } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";
import { parseTime } from "../times.ts";
import { type EvidenceOptions, openEvidence, verifyNamed } from "./log-evidence.ts";

/** Options of `oob log export`. */
export interface ExportOptions extends EvidenceOptions {
  readonly to?: string;
  readonly worm?: boolean;
  readonly until?: string;
}

/** Copies logs with their seals into a new folder, and says what of it can be proven. */
export async function exportLogs(
  call: Call<ExportOptions>,
  words: readonly string[],
): Promise<number> {
  const { out, options, context, interrupt } = call;
  const { to, since, until, worm = false } = options;
  if (to === undefined)
    throw new OobError("USAGE", "Cannot export logs: it is not said where to", {
      hint: "Name a folder that is not there yet: --to FOLDER",
    });
  const now = context.clock.now();
  const evidence = await openEvidence(call);
  const named = expandHosts(words, evidence.hosts, evidence.groups);
  const done = await out.waiting(
    `the export to ${to}`,
    evidence.export(named, {
      ...{ to, worm, at: now, signal: interrupt.signal },
      since: since === undefined ? undefined : parseTime(since, now),
      until: until === undefined ? undefined : parseTime(until, now),
    }),
  );
  if (options.json) out.json({ v: JSON_VERSION, ...done });
  else {
    const { folder, logs, files, image } = done;
    for (const one of logs) out.line(logText(one));
    out.line(`${folder}  ${files} files, read back and compared`);
    if (image)
      out.line(`${image.path}  ${byteSize(image.bytes)}, ${image.files} files read back from it`);
  }
  // What is exported may be broken: then it is evidence of that.
  const whole = { ...call, options: { ...options, since: undefined } };
  const broken = await verifyNamed(whole, evidence, [done.folder]);
  return broken > 0 ? EXIT.failed : EXIT.done;
}

const logText = ({ log, segments, bytes }: ExportedLog): string =>
  `${decodeURIComponent(log)}  ${segments.length} ${segments.length === 1 ? "segment" : "segments"}, ${byteSize(bytes)}`;
