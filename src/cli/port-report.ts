import type { Heard, PortFound, PortHeard, PortTest } from "../daemon/offline.ts";
import type { Output } from "./output.ts";

const INDENT = "    ";

/** A port and what stands in its way. */
export function listedPort(out: Output, { port, troubles }: PortFound): void {
  const { device, stable, driver, adapter } = port;
  out.line({ text: device, style: "bold" }, ...[driver, adapter ?? ""].map(spaced));
  if (stable !== device) out.line(INDENT, stable);
  for (const { text, hint } of troubles) {
    out.line(INDENT, { text: `! ${text}`, style: "yellow" });
    out.line(INDENT, `  ${hint}`);
  }
}

/** A port that was listened to; `whole`: with what it printed, and an entry to copy. */
export function heardPort(out: Output, one: PortHeard, whole: boolean): void {
  listedPort(out, one);
  const { error, best, heard, opinion, lastLines, port } = one;
  if (error) {
    // Who has it stands above.
    if (!one.holder) out.line(INDENT, { text: error.message, style: "red" });
    return;
  }
  if (!best) {
    out.line(INDENT, heardInWords(heard));
    return;
  }
  const { baud, score } = best;
  const share = `${Math.floor(score.share * 100)} % of ${score.bytes} bytes`;
  const format = score.looks === "parity" ? " of 7 bits with parity" : "";
  out.line(INDENT, { text: `${baud} baud: text${format}`, style: "green" }, `, ${share}`);
  const newest = opinion?.evidence.at(-1);
  if (newest) out.line(INDENT, `${newest.means}`);
  if (!whole) return;
  for (const line of lastLines) out.line(INDENT, { text: `| ${line}`, style: "dim" });
  const format7 = score.looks === "parity" ? ", format: 7e1" : "";
  out.line(INDENT, `console: { driver: serial, path: ${port.stable}, baud: ${baud}${format7} }`);
}

/** What a port can do. */
export function testedPort(out: Output, { label, lines, carriesBreak, loopback }: PortTest): void {
  const level = (name: string, up: boolean) => `${name} ${up ? "up" : "down"}`;
  out.line({ text: label, style: "bold" });
  out.line(
    INDENT,
    lines
      ? [level("CTS", lines.cts), level("DSR", lines.dsr), level("DCD", lines.dcd)].join(", ")
      : "no modem lines",
  );
  out.line(INDENT, carriesBreak ? "carries BREAK" : "has no BREAK");
  if (loopback === undefined) return;
  if (loopback === 256) out.line(INDENT, { text: "all 256 bytes came back", style: "green" });
  else out.line(INDENT, { text: `${loopback} of 256 bytes came back in order`, style: "red" });
}

/** The same for programs. */
export function portView(one: PortFound & Partial<PortHeard>): object {
  const { port, holder, troubles, heard, best, opinion, lastLines, error } = one;
  return {
    ...port,
    ...(holder && { holder }),
    troubles,
    ...(heard && {
      heard: heard.map(({ baud, score }) => ({ baud, ...score })),
      lastLines,
      baud: best?.baud,
      class: opinion?.class,
    }),
    ...(error && { error: { code: error.code, message: error.message } }),
  };
}

const spaced = (text: string) => (text === "" ? "" : `  ${text}`);

function heardInWords(heard: readonly Heard[]): string {
  const rubbish = heard.filter(({ score }) => score.looks === "rubbish");
  const speeds = heard.map(({ baud }) => baud).join(", ");
  if (rubbish.length === 0) return `nothing came at ${speeds} baud`;
  const bytes = rubbish.reduce((sum, { score }) => sum + score.bytes, 0);
  return `${bytes} bytes came, at no speed text (${speeds} baud)`;
}
