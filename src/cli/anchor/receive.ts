import { OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Call } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";

/** Options of `oob anchor receive`. */
export interface AnchorOptions {
  readonly into?: string;
  readonly listen?: string;
  readonly cert?: string;
  readonly serial?: string;
  readonly baud?: number;
  readonly key?: string;
  readonly firstKey?: string;
  readonly onAlarm?: string;
}

const LISTEN = /^(?:\[([0-9a-f:.%]{2,60})\]|([^:[\]\s]{1,253})):(\d{1,5})$/i;
const FIRST_KEY = /^ed25519:[0-9a-f]{64}$/;

/** Receives checkpoints of other machines, and says at once what is wrong with them. Exit code 1: something was. */
export async function receive(call: Call<AnchorOptions>): Promise<number> {
  const { out, options, context } = call;
  const { into, serial, baud = 9600, onAlarm } = options;
  if (into === undefined)
    throw new OobError("USAGE", "Cannot receive: --into is missing", {
      hint: "Name the folder in which checkpoints are kept",
    });
  const listen = listenOf(options);
  if (listen && serial !== undefined)
    throw new OobError("USAGE", "Cannot receive by --listen and --serial at once", {
      hint: "Run it twice, into two folders",
    });
  const keys = options.firstKey?.split(",");
  const wrong = keys?.find((key) => !FIRST_KEY.test(key));
  if (wrong !== undefined)
    throw new OobError("USAGE", `Cannot use the key "${printable(wrong, 100)}"`, {
      hint: 'A key is "ed25519:" and 64 hexadecimal digits, as oob serve printed it when it began to seal',
    });
  const { receiveAnchors } = await (await import("../../daemon/offline.ts")).anchorReceiver();
  const sum = { kept: 0, known: 0, damaged: 0, alarms: 0 };
  const end = new AbortController();
  const stop = () => end.abort();
  for (const name of ["SIGINT", "SIGTERM"]) context.signals.once(name, stop);
  try {
    await receiveAnchors({
      ...{ folder: into, clock: context.clock, signal: end.signal },
      ...(keys && { keys }),
      ...(listen && { listen }),
      ...(serial !== undefined && { serial: { path: serial, baud } }),
      ...(onAlarm !== undefined && { onAlarm }),
      input: context.stdin as AsyncIterable<Uint8Array | string>,
      say: (line) => out.talk(line),
      told({ kept, known, damaged, alarms, news }) {
        sum.kept += kept;
        sum.known += known;
        sum.damaged += damaged;
        sum.alarms += alarms.length;
        for (const text of news) out.talk(text);
        for (const alarm of alarms)
          if (options.json) out.json({ v: JSON_VERSION, is: "alarm", ...alarm });
          else out.line({ text: "ALARM ", style: "red" }, `${alarm.origin}: ${alarm.text}`);
      },
    });
  } finally {
    for (const name of ["SIGINT", "SIGTERM"]) context.signals.off(name, stop);
  }
  if (options.json) out.json({ v: JSON_VERSION, is: "end", ...sum });
  else
    out.talk(
      `${sum.kept} checkpoints kept, ${sum.known} lines known before, ${sum.damaged} damaged, ${sum.alarms} alarms`,
    );
  return sum.alarms > 0 ? EXIT.failed : EXIT.done;
}

function listenOf({ listen, cert, key }: AnchorOptions) {
  if (listen === undefined) return undefined;
  const [, six, plain, digits] = LISTEN.exec(listen) ?? [];
  const host = six ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535)
    throw new OobError("USAGE", `Cannot listen at "${printable(listen, 100)}"`, {
      hint: 'Give an address and a port such as "0.0.0.0:6514"',
    });
  if (cert === undefined || key === undefined)
    throw new OobError("USAGE", "Cannot listen: --cert and --key are missing", {
      hint: "They name files in PEM; a certificate that signs itself will do, see the guide to evidence",
    });
  return { host, port, cert, key };
}
