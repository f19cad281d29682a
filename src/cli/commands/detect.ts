import type { Evidence } from "../../sdk/rule.ts";
import { defineCommand } from "../command.ts";
import { until } from "../interrupt.ts";
import type { Output } from "../output.ts";

export default defineCommand({
  usage: "",
  about:
    "Reads raw console bytes from stdin to their end. Prints what they prove, in the order of the stream, and last the opinion that stands if nothing more came. With --json one object a line. Touches no device.",
  options: [{ flags: "--config <file>", summary: "configuration whose rules count too" }],
  examples: ["oob detect < current.raw", "oob log web1 --raw | oob detect --json"],
  siteless: true,
  async run({ out, options, context, interrupt }) {
    const { openDetector } = await import("../../daemon/offline.ts");
    const { detector, troubles } = await openDetector(options.config, context.env);
    for (const trouble of troubles) out.talk({ text: "left out: ", style: "yellow" }, trouble);
    if (context.stdin.isTTY) out.talk("reading console bytes from stdin; Ctrl-D ends them");
    const show = (evidence: Evidence) =>
      options.json ? out.json(eventView(evidence)) : printEvidence(out, evidence);
    for await (const chunk of until(context.stdin, interrupt.signal, out.closed))
      for (const evidence of detector.see(Buffer.from(chunk), 0)) show(evidence);
    for (const evidence of detector.pending) show(evidence);
    const { offset, opinion } = detector;
    if (offset === 0) out.talk("nothing came on stdin: this says nothing of any host");
    const { since, state, class: kind, action } = opinion;
    if (options.json) out.json({ type: "verdict", offset, since, state, class: kind, action });
    else
      out.line({ text: state, style: "bold" }, ` (${kind || "nothing seen"}), action: ${action}`);
    return undefined;
  },
});

/** The form that scorers of detectors read: its field names are fixed. */
function eventView(evidence: Evidence): object {
  const { offset, at, state, class: kind, action, line, rule, means } = evidence;
  return { type: "event", offset, at, state, class: kind, action, line, rule, means };
}

function printEvidence(out: Output, { at, state, class: kind, means, line }: Evidence): void {
  out.line(`${String(at).padStart(10)}  ${state.padEnd(8)} ${kind}: ${means}`);
  out.line({ text: `${" ".repeat(12)}${line}`, style: "dim" });
}
