import fs from "node:fs";
import { join } from "node:path";
import type { SiteConfig } from "../../config/site-config.ts";
import type { Millis } from "../../lib/clock.ts";
import { formatDuration } from "../../lib/durations.ts";
import { messageOf } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { hostFolder } from "../site/host-folder.ts";
import { atMost, type Finding } from "./finding.ts";

/** A hold that lasts longer than a working day was not meant for the work at hand. */
const LONG_HOLD: Millis = 24 * 3_600_000;

/** What keeps the watchdog or runbooks off hosts, and may have been meant for a time that is over. */
export function checkForgotten(
  { state, hosts }: Pick<SiteConfig, "state" | "hosts">,
  now: Millis,
): Finding[] {
  const names = [...hosts.keys()];
  const found = [
    ...atMost(holds(join(state, "holds.json"), now)),
    ...atMost(names.flatMap((name) => mark(state, name))),
    ...unwatched(hosts),
  ];
  if (found.length > 0) return found;
  const text = "no long hold, no runbook that stopped half-way, every host with outlets is watched";
  return [{ is: "ok", check: "forgotten", text }];
}

function holds(path: string, now: Millis): Finding[] {
  let stored: Record<string, unknown>;
  try {
    const text = fs.readFileSync(path, "utf8");
    stored = Object(JSON.parse(text)) as Record<string, unknown>;
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
    if (code === "ENOENT") return [];
    // The daemon's user may well read it; to whom may not, this is no reason to end anybody's hold.
    if (code === "EACCES" || code === "EPERM")
      return [
        {
          ...{ is: "unchecked", check: "forgotten", about: path },
          text: `holds were not looked at: ${messageOf(thrown)}`,
          todo: "Run oob doctor as root, or as the user of the daemon",
        },
      ];
    const text = `"${path}" cannot be read, so every host is held: ${messageOf(thrown)}`;
    const todo = "End all holds: oob release '*', then set those again that are wanted";
    return [{ is: "problem", check: "forgotten", text, todo, about: path }];
  }
  return Object.entries(stored).flatMap(([host, value]): Finding[] => {
    const { until, by, reason } = Object(value) as Record<string, unknown>;
    if (typeof until !== "number" || until - now < LONG_HOLD) return [];
    const left = formatDuration(until - now);
    const text = `${host}: held by ${printable(String(by), 64)} for ${left} more: ${printable(String(reason), 100)}`;
    return [warn(text, `If that is over: oob release ${host}`, host)];
  });
}

function mark(state: string, host: string): Finding[] {
  const path = join(hostFolder(state, host), "run-mark.json");
  if (!fs.existsSync(path)) return [];
  let runbook = "a runbook";
  try {
    const stored = Object(JSON.parse(fs.readFileSync(path, "utf8"))) as Record<string, unknown>;
    // One that is at it this moment is no mark yet.
    if (stored.running !== undefined) return [];
    runbook = printable(String(stored.runbook), 64);
  } catch {
    // What cannot be read marks its host, too.
  }
  const todo = `Look at the host, then: oob runbook clear ${host}`;
  return [warn(`${host}: ${runbook} stopped half-way and nobody cleared it`, todo, host)];
}

function unwatched(hosts: SiteConfig["hosts"]): Finding[] {
  const off = [...hosts.values()]
    .filter(({ watch, outlets }) => watch.mode === "off" && outlets.length > 0)
    .map(({ name }) => name);
  if (off.length === 0) return [];
  const text = `the watchdog is off for ${off.slice(0, 6).join(", ")}${off.length > 6 ? " …" : ""}`;
  return [warn(text, "watch: observe tells, and never acts", off[0] ?? "")];
}

const warn = (text: string, todo: string, about: string): Finding => ({
  ...{ is: "warning", check: "forgotten", text, todo, about },
});
