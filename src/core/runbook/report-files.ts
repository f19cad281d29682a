import fs from "node:fs";
import { join } from "node:path";
import { replaceFile } from "../../lib/replace-file.ts";
import type { RunReport } from "../../sdk/run-report.ts";
import { reportHtml } from "./report-html.ts";
import { reportMarkdown, reportText } from "./report-text.ts";

/** Reports of one runbook that are kept at a host, in all their forms. */
const KEPT = 400;
const FORMS = ["txt", "md", "html", "json"] as const;

/** Writes a report in all its forms; gives the path of the JSON, without which it does not count. */
export function writeReport(hostFolder: string, report: RunReport): string {
  const folder = join(hostFolder, "reports");
  const runbook = encodeURIComponent(report.runbook);
  const time = new Date(report.startedAt).toISOString().replace(/[-:]|\.\d+/g, "");
  const base = join(folder, `${runbook}-${time}`);
  const pages = {
    txt: reportText(report),
    md: reportMarkdown(report),
    html: reportHtml(report),
    json: `${JSON.stringify(report, undefined, 1)}\n`,
  };
  // Two runs of one second are two reports.
  let path = base;
  for (let n = 2; fs.existsSync(`${path}.json`); n++) path = `${base}.${n}`;
  for (const form of FORMS) replaceFile(`${path}.${form}`, pages[form]);
  dropOld(folder, runbook);
  return `${path}.json`;
}

function dropOld(folder: string, runbook: string): void {
  const ours = new RegExp(
    `^${runbook.replace(/[.*]/g, "\\$&")}-\\d{8}T\\d{6}Z(?:\\.\\d+)?\\.json$`,
  );
  const old = fs
    .readdirSync(folder)
    .filter((name) => ours.test(name))
    .sort()
    .slice(0, -KEPT);
  for (const name of old)
    for (const form of FORMS) fs.rmSync(join(folder, name.replace(/json$/, form)), { force: true });
}
