import type { Style } from "../piece.ts";

/** How verdicts and results are drawn; the words stand there, too. */
export const VERDICT_STYLES: Readonly<Record<string, Style>> = {
  ok: "green",
  done: "green",
  look: "yellow",
  refused: "yellow",
  act: "red",
  missing: "red",
  failed: "red",
};
