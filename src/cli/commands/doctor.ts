import type { Finding } from "../../daemon/offline.ts";
import type { Millis } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { type Call, defineCommand } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";
import type { Style } from "../piece.ts";

/** A PDU that answers later than this is no help at night. */
const PDU_WITHIN: Millis = 20_000;
const CHECK_CELLS = 14;
const SHOWN: Readonly<Record<Finding["is"], readonly [mark: string, style: Style]>> = {
  ok: ["✓", "green"],
  warning: ["!", "yellow"],
  problem: ["✗", "red"],
  unchecked: ["?", "dim"],
};

export default defineCommand<{ ask?: boolean }>({
  usage: "",
  about: `Looks at configuration, permissions, secrets, clear text, clock, disk, anchors, serial ports, consoles, daemon and what was forgotten, with or without a daemon. Opens no device and changes nothing. Exit code 1 where it found a problem.

✓ well   ! a warning   ✗ a problem   ? could not be looked at from here`,
  options: [
    { flags: "--ask", summary: "read every PDU, too: the one thing that speaks to devices" },
  ],
  examples: ["oob doctor", "oob doctor --ask --json"],
  async run(call) {
    const { out, options, context } = call;
    const { examine } = await (await import("../../daemon/offline.ts")).doctor();
    const { env, clock } = context;
    const { config: site, findings } = await examine({ config: options.config, env, clock });
    const asked = options.ask ? await askPdus(call, [...site.pdus.keys()]) : [];
    const all = [...findings, ...asked];
    const count = (is: Finding["is"]) => all.filter((one) => one.is === is).length;
    const problems = count("problem");
    const warnings = count("warning");
    if (options.json) {
      out.json({ v: JSON_VERSION, ok: problems === 0, problems, warnings, findings: all });
    } else {
      for (const finding of all) print(call, finding);
      const unchecked = count("unchecked");
      const more = unchecked === 0 ? "" : `, ${unchecked} not looked at`;
      out.talk(`${plural(problems, "problem")}, ${plural(warnings, "warning")}${more}`);
    }
    return problems > 0 ? EXIT.failed : undefined;
  },
});

function print({ out }: Call, finding: Finding): void {
  const [mark, style] = SHOWN[finding.is];
  out.line({ text: mark, style }, ` ${finding.check.padEnd(CHECK_CELLS)} ${finding.text}`);
  if (finding.is !== "ok")
    out.line({ text: `${" ".repeat(CHECK_CELLS + 3)}${finding.todo}`, style: "dim" });
}

const plural = (n: number, what: string): string => `${n} ${what}${n === 1 ? "" : "s"}`;

async function askPdus(call: Call, pdus: readonly string[]): Promise<Finding[]> {
  const { out, context } = call;
  const site = await call.site();
  const asked = pdus.map(async (pdu): Promise<Finding> => {
    const enough = new AbortController();
    const late = context.clock.sleep(PDU_WITHIN, enough.signal).then(() => {
      throw new OobError("PDU_SILENT", `Cannot read ${pdu}: no answer`, {
        hint: "Look at it and its network",
      });
    });
    try {
      const { outlets } = await Promise.race([site.outlets(pdu), late]);
      return {
        is: "ok",
        check: "pdus",
        text: `${pdu} answers, ${plural(outlets.length, "outlet")}`,
      };
    } catch (thrown) {
      const todo =
        (thrown instanceof OobError ? thrown.hint : undefined) ?? `oob pdu outlets ${pdu}`;
      return { is: "problem", check: "pdus", text: messageOf(thrown), todo, about: pdu };
    } finally {
      enough.abort();
    }
  });
  return await out.waiting("the PDUs", Promise.all(asked));
}
