import { avcScript, type Denial, readDenials } from "oob/codec/avc-records";
import {
  captured,
  changesSince,
  defineRunbook,
  enterHost,
  keptKeys,
  minutes,
  OobError,
} from "oob/sdk";

const keyOf = ({ source, target, class: kind, permissions, command }: Denial): string =>
  [source, target, kind, permissions, command].join(" ");

const rowOf = (denial: Denial) => ({
  count: denial.count,
  source: denial.source,
  target: denial.target,
  class: denial.class,
  permissions: denial.permissions,
  command: denial.command,
  effect: denial.permissive ? "let through" : "denied",
});

/** What SELinux denied since yesterday, in groups; groups that are new stand on top. */
export default defineRunbook({
  title: "SELinux denials, in groups",
  summary:
    "ausearch, else audit.log, else the kernel's log; by types, class, permission and command",
  risk: "read",
  sources: ["ausearch(8)", "SELinux Notebook, 'AVC Audit Events'", "getenforce(8)"],
  needs: ["login"],
  options: {},
  timeout: minutes(20),
  async run(hands) {
    const { report, memory, host } = hands;
    await enterHost(hands);
    const { by, mode, denials, cut } = readDenials(
      await captured(hands, "SELinux denials", avcScript()),
    );
    if (by === undefined || cut)
      throw new OobError(
        "RUNBOOK_FAILED",
        `Cannot read the SELinux denials of ${host.name}: ${by === undefined ? "it has neither ausearch, audit.log nor SELinux" : "its answer is not whole"}`,
      );
    const keys = denials.map(keyOf);
    const { fresh, first } = changesSince(await memory.recall(), keys);
    report.news("New groups of denials", denials.filter((one) => fresh.has(keyOf(one))).map(rowOf));
    report.table(`Denials, by ${by}`, denials.map(rowOf));
    await memory.remember(keptKeys(keys));
    const total = denials.reduce((sum, { count }) => sum + count, 0);
    const state = mode === "" || mode === "Enforcing" ? "" : `; SELinux is ${mode}`;
    return {
      verdict: fresh.size > 0 || (first && total > 0) || state !== "" ? "look" : "ok",
      text: `${total} denials in ${denials.length} groups, ${fresh.size} new${state}`,
    };
  },
});
