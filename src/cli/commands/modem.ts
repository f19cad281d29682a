import type { LineAct } from "../../core/site/line-act.ts";
import { OobError } from "../../lib/errors.ts";
import { callInWords, type Call as PhoneCall } from "../../sdk/modem/calls.ts";
import { chooseHost, chooseHosts } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { JSON_VERSION } from "../json-views.ts";
import type { Piece } from "../piece.ts";
import type { Column } from "../table.ts";
import { localMinute, utc } from "../times.ts";
import { chooseVerb } from "../verbs.ts";

const COLUMNS: readonly Column[] = [
  { title: "HOST" },
  { title: "NUMBER" },
  { title: "CALLED" },
  { title: "WENT" },
  { title: "COST", align: "right" },
  { title: "SAID", flexible: true },
];

const VERBS = ["list", "test", "dial", "hangup"] as const;
const ACTS: Readonly<Record<Exclude<(typeof VERBS)[number], "list">, LineAct>> = {
  test: "ask",
  dial: "dial",
  hangup: "hangup",
};

export default defineCommand({
  usage: "<verb> [hosts...]",
  about: `list [HOSTS]   calls on record, with what they cost where cost-per-minute is configured
test HOST      set the modem up and ask what it is; calls nobody
dial HOST      call now; hung up when unused for hangup-after
hangup HOST    hang up now, whoever is there`,
  options: [],
  examples: ["oob modem list web1", "oob modem test web1"],
  async run(call) {
    const [word = "", ...hosts] = call.args;
    const verb = chooseVerb("modem", word, VERBS);
    if (verb === "list") await list(call, hosts);
    else await act(call, verb, hosts);
    return undefined;
  },
});

async function list(call: Call, words: readonly string[]): Promise<void> {
  const { out, options } = call;
  const { site, hosts } = await chooseHosts(call, words, { all: true });
  const calls = await out.waiting("the calls", site.calls(words.length === 0 ? [] : hosts));
  if (options.json) out.json({ v: JSON_VERSION, calls: calls.map(viewOf) });
  else if (calls.length > 0) out.table(COLUMNS, calls.map(rowOf));
  else out.talk("no call is on record");
}

async function act(
  call: Call,
  verb: keyof typeof ACTS,
  [word, ...more]: readonly string[],
): Promise<void> {
  const { out, options, interrupt } = call;
  if (word === undefined || more.length > 0)
    throw new OobError("USAGE", `Cannot ${verb}: one host at a time`, {
      hint: `oob modem ${verb} HOST`,
    });
  const { site, host } = await chooseHost(call, word);
  const lines = site.line({ host, act: ACTS[verb] })[Symbol.asyncIterator]();
  interrupt.signal.addEventListener("abort", () => void lines.return?.());
  for (;;) {
    const { done, value } = await lines.next();
    if (done || value === undefined) break;
    if (options.json) out.json({ v: JSON_VERSION, host, text: value.text });
    else out.line(`${host}  ${value.text}`);
  }
}

function rowOf(call: PhoneCall): Piece[] {
  const { host, number, at, text = "-" } = call;
  return [host, number, localMinute(at), callInWords(call), costOf(call) ?? "-", text];
}

function viewOf({ at, connectedAt, endedAt, ...call }: PhoneCall): object {
  const over =
    connectedAt === undefined || endedAt === undefined ? undefined : endedAt - connectedAt;
  const cost = costOf({ at, connectedAt, endedAt, ...call } as PhoneCall);
  return {
    ...call,
    at: utc(at),
    ...(connectedAt !== undefined && { connectedAt: utc(connectedAt) }),
    ...(endedAt !== undefined && { endedAt: utc(endedAt) }),
    ...(over !== undefined && { connectedSeconds: Math.round(over / 1000) }),
    ...(cost !== undefined && { cost }),
  };
}

/** "0.36 EUR": each minute begun is paid; a call that was not connected costs nothing. */
function costOf({ costPerMinute, connectedAt, endedAt }: PhoneCall): string | undefined {
  const [, amount, unit = ""] = /^([\d.]+) ?(.*)$/.exec(costPerMinute ?? "") ?? [];
  if (amount === undefined) return undefined;
  if (connectedAt === undefined) return `0 ${unit}`;
  if (endedAt === undefined) return undefined;
  const minutes = Math.max(1, Math.ceil((endedAt - connectedAt) / 60_000));
  return `${(Number(amount) * minutes).toFixed(2)} ${unit}`;
}
