import type { Site } from "../../core/site/site.ts";
import { byteSize as size } from "../../lib/byte-size.ts";
import { utf8 } from "../../lib/bytes.ts";
import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { chooseHosts } from "../chosen-hosts.ts";
import { type Call, defineCommand } from "../command.ts";
import { confirm } from "../confirm.ts";
import { EXIT, exitCodeOf, worstExit } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";
import { CONFIRMING, countOption, durationOption, JSONL, REASON } from "../option-values.ts";
import { printError } from "../print-error.ts";
import { type Delivery, deliver } from "../send-delivery.ts";
import { GRAVE_SYSRQ, sysrqOption } from "../sysrq.ts";

interface SendOptions {
  readonly enter?: boolean;
  readonly break?: boolean;
  readonly sysrq?: string;
  readonly pace?: number | "auto";
  readonly expect?: string;
  readonly within?: Millis;
  readonly join?: boolean;
  readonly jsonl?: boolean;
  readonly yes?: boolean;
  readonly confirm?: string;
  readonly reason?: string;
}

export default defineCommand<SendOptions>({
  usage: "<hosts> [text...]",
  about:
    "Words of the text are joined by blanks. Takes the seat while sending; refused where somebody writes, unless --join; the other hosts go on. With --expect the echo of the text counts too.",
  options: [
    { flags: "--enter", summary: "Enter after the text" },
    { flags: "--break", summary: "a BREAK before the text" },
    { flags: "--sysrq <key>", summary: "a BREAK and this SysRq key", parse: sysrqOption },
    {
      flags: "--pace <cps>",
      summary: "characters a second; auto (default): 80 % of the line's speed",
      parse: paceOption,
    },
    { flags: "--expect <pattern>", summary: "then wait for this regular expression" },
    { flags: "--within <duration>", summary: "for how long (default: 10s)", parse: durationOption },
    { flags: "-j, --join", summary: "send beside whoever writes" },
    JSONL,
    ...CONFIRMING,
    REASON,
  ],
  examples: [
    "oob send web1 reboot --enter --expect 'Restarting system'",
    "oob send 'web[1-3]' --sysrq s",
  ],
  async run(call) {
    const [words = "", ...text] = call.args;
    const { options } = call;
    const typed = utf8(text.join(" ") + (options.enter ? "\r" : ""));
    if (typed.length === 0 && !options.break && options.sysrq === undefined)
      throw new OobError("USAGE", "Cannot send nothing: there is no text", {
        hint: "Give a text, --enter, --break or --sysrq KEY",
      });
    const { site, hosts } = await chooseHosts(call, [words]);
    await confirmGrave(call, site, hosts);
    const ends = await eachAtOnce(hosts, (host) => sendTo(call, site, host, typed));
    const sent = ends.filter((end) => end.sent).length;
    const seen = ends.filter(({ code }) => code === EXIT.done).length;
    const expected = options.expect === undefined ? "" : `, seen on ${seen}`;
    if (hosts.length > 1 && !isJson(call))
      call.out.talk(`sent to ${sent} of ${hosts.length} hosts${expected}`);
    return worstExit(ends.map(({ code }) => code));
  },
});

/** Hosts to which is sent at a time: one connection to the daemon carries a few hundred calls. */
const AT_ONCE = 64;

/** How it went at one host. `sent`: all of it was typed, whatever came then. */
interface End {
  readonly code: number;
  readonly sent: boolean;
}

async function eachAtOnce(
  hosts: readonly string[],
  send: (host: string) => Promise<End>,
): Promise<End[]> {
  const waiting = [...hosts];
  const ends: End[] = [];
  const work = async () => {
    for (let host = waiting.shift(); host !== undefined; host = waiting.shift())
      ends.push(await send(host));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return ends;
}

function paceOption(text: string): number | "auto" {
  return text === "auto" ? text : countOption(text);
}

function isJson({ options }: Call<SendOptions>): boolean {
  return options.json === true || options.jsonl === true;
}

async function confirmGrave(
  call: Call<SendOptions>,
  site: Site,
  hosts: readonly string[],
): Promise<void> {
  const { sysrq = "" } = call.options;
  const what = GRAVE_SYSRQ[sysrq];
  if (what === undefined) return;
  const rows = await site.status(hosts, { power: false });
  await confirm(call, {
    verb: `Send SysRq ${sysrq} to`,
    hosts,
    precious: rows.filter((row) => row.precious).map((row) => row.host),
    facts: `It ${what}`,
  });
}

async function sendTo(
  call: Call<SendOptions>,
  site: Site,
  host: string,
  typed: Uint8Array,
): Promise<End> {
  const { out, options, context, interrupt } = call;
  let sent = false;
  const onTyped = () => {
    sent = true;
  };
  try {
    const { expect, within = seconds(10), join = false, reason = "" } = options;
    const pace = options.pace === "auto" ? undefined : options.pace;
    const delivery = await deliver(
      { site, clock: context.clock, signal: interrupt.signal },
      {
        ...{ host, typed, pace, expect, within, onTyped },
        ...{ break: options.break ?? false, sysrq: options.sysrq },
      },
      { join, reason },
    );
    report(call, host, delivery);
    return { code: EXIT.done, sent };
  } catch (thrown) {
    const code = exitCodeOf(thrown);
    const error = thrown instanceof OobError ? thrown.code : "INTERNAL";
    if (isJson(call))
      out.json({
        v: JSON_VERSION,
        host,
        sent,
        code: error,
        exit: code,
        error: messageOf(thrown),
      });
    printError(out, thrown);
    return { code, sent };
  }
}

function report(call: Call<SendOptions>, host: string, done: Delivery): void {
  const { out } = call;
  const { bytes, breaks, found } = done;
  if (isJson(call)) {
    const matched = found === undefined ? {} : { matched: found };
    out.json({ v: JSON_VERSION, host, sent: true, bytes, breaks, ...matched });
    return;
  }
  const parts = [
    ...(breaks > 0 ? [breaks === 1 ? "BREAK" : `${breaks} BREAKs`] : []),
    ...(bytes > 0 ? [size(bytes)] : []),
  ];
  out.line(`${host}  sent ${parts.join(" and ")}${found === undefined ? "" : `; saw "${found}"`}`);
}
