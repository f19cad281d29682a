/** The base score of a CVSS 3.x vector (CVSS v3.1 specification, section 7.1), and the word for it (section 5). */

/** How bad it is; unknown where nobody says. */
export type Severity = "critical" | "high" | "medium" | "low" | "unknown";

const WEIGHTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  AV: { N: 0.85, A: 0.62, L: 0.55, P: 0.2 },
  AC: { L: 0.77, H: 0.44 },
  UI: { N: 0.85, R: 0.62 },
  C: { H: 0.56, L: 0.22, N: 0 },
  I: { H: 0.56, L: 0.22, N: 0 },
  A: { H: 0.56, L: 0.22, N: 0 },
};
const PRIVILEGES = {
  U: { N: 0.85, L: 0.62, H: 0.27 },
  C: { N: 0.85, L: 0.68, H: 0.5 },
} as const;

/** Score of "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"; undefined for other versions and for what is incomplete. */
export function cvssScore(vector: string): number | undefined {
  if (!/^CVSS:3\.[01]\/[A-Z:/]{10,200}$/.test(vector)) return undefined;
  const metrics = new Map(vector.split("/").map((part) => part.split(":", 2) as [string, string]));
  const weight = (name: string) => WEIGHTS[name]?.[metrics.get(name) ?? ""] ?? Number.NaN;
  const scope = metrics.get("S");
  if (scope !== "U" && scope !== "C") return undefined;
  const privileges: Readonly<Record<string, number>> = PRIVILEGES[scope];
  const needed = privileges[metrics.get("PR") ?? ""] ?? Number.NaN;
  const iss = 1 - (1 - weight("C")) * (1 - weight("I")) * (1 - weight("A"));
  const impact = scope === "U" ? 6.42 * iss : 7.52 * (iss - 0.029) - 3.25 * (iss - 0.02) ** 15;
  const exploit = 8.22 * weight("AV") * weight("AC") * needed * weight("UI");
  if (Number.isNaN(impact + exploit)) return undefined;
  if (impact <= 0) return 0;
  return roundUp(Math.min(10, (scope === "U" ? 1 : 1.08) * (impact + exploit)));
}

/** Appendix A: the next tenth, without the errors of floating point. */
function roundUp(score: number): number {
  const whole = Math.round(score * 100_000);
  return whole % 10_000 === 0 ? whole / 100_000 : (Math.floor(whole / 10_000) + 1) / 10;
}

/** The word for a score. */
export function severityOf(score: number): Severity {
  if (score >= 9) return "critical";
  if (score >= 7) return "high";
  return score >= 4 ? "medium" : score > 0 ? "low" : "unknown";
}
