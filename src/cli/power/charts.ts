import type { Piece, Style } from "../piece.ts";

const BAR_CELLS = 10;
const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const HIGH = 0.8;

/** true: what reads our output takes more than ASCII. */
export function takesUtf8(env: Readonly<Record<string, string | undefined>>): boolean {
  return /utf-?8/i.test(env.LC_ALL || env.LC_CTYPE || env.LANG || "");
}

/** Load against rating: "████▌░░░░░  45%". Beyond the rating it says "!". */
export function loadBar(share: number, utf8: boolean): Piece {
  const cells = Math.min(BAR_CELLS, Math.max(0, share) * BAR_CELLS);
  const percent = `${Math.round(share * 100)}%`.padStart(4);
  const style: Style = share >= 1 ? "red" : share >= HIGH ? "yellow" : "green";
  return { text: `${bar(cells, utf8)} ${percent}${share >= 1 ? "!" : ""}`, style };
}

function bar(cells: number, utf8: boolean): string {
  if (!utf8) return "#".repeat(Math.round(cells)).padEnd(BAR_CELLS, ".");
  const eighths = Math.round(cells * 8);
  const filled = "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] ?? "");
  return filled.padEnd(BAR_CELLS, "░");
}

const LEVELS = { utf8: "▁▂▃▄▅▆▇█", ascii: ".:-=+*#@" } as const;

/** A value, an outlet that was off, or a time of which nothing is known. */
export type ChartPoint = number | "off" | undefined;

/** A curve from 0 to its highest point. "_": the outlet was off. A blank: nothing is known of that time. */
export function sparkline(points: readonly ChartPoint[], utf8: boolean): string {
  const levels = utf8 ? LEVELS.utf8 : LEVELS.ascii;
  const most = Math.max(0, ...points.filter((point) => typeof point === "number"));
  return points
    .map((point) => {
      if (point === undefined) return " ";
      if (point === "off") return "_";
      const level = most === 0 ? 0 : Math.round((point / most) * (levels.length - 1));
      return levels[level] ?? " ";
    })
    .join("");
}
