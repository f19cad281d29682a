/** A host whose owner is an enemy, through the real session, detector and watchdog to an incident, and all that shows it. */
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareConfig, bareHost } from "../../../src/config/bare-config.ts";

import { WATCH_PRESETS } from "../../../src/config/watch-policy.ts";
import { Player } from "../../../src/core/backtest/player.ts";
import type { Encoding } from "../../../src/core/session/host-encoding.ts";
import type { SiteCore } from "../../../src/core/site/site-core.ts";
import { SiteLinks } from "../../../src/core/site/site-links.ts";
import { IncidentSite } from "../../../src/daemon/web/incident-site.ts";
import { hours, minutes } from "../../../src/lib/durations.ts";
import { runCli } from "../../cli/run-cli.ts";
import { SiteDouble } from "../../cli/site-double.ts";
import { shippedRules } from "../../core/detect/shipped-rules.ts";

/** Every way in which a person or a program is shown an incident. */
export interface Shown {
  /** The page behind a link. */
  readonly html: string;
  /** `report.md` and `incident.json`, as `cat` shows them. */
  readonly markdown: string;
  readonly record: string;
  /** `oob incident show`, on a terminal and in a pipe. */
  readonly terminal: string;
  readonly json: string;
  readonly list: string;
}

const BEGAN = Date.UTC(2026, 10, 22, 3);

/** The host starts, prints this, dies with this in its last words, and answers nothing more. */
export async function showsIncident(
  payload: Uint8Array,
  encoding: Encoding = "utf-8",
): Promise<Shown> {
  const folder = fs.mkdtempSync(join(tmpdir(), "oob-hostile-"));
  const entry = {
    ...bareHost("evil", { driver: "log", options: {} }),
    os: "linux" as const,
    encoding,
    outlets: [{ pdu: "pdu", reference: "1" }],
    watch: { ...WATCH_PRESETS.act, mode: "ask" as const, silence: 0 },
  };
  const player = new Player({
    entry,
    site: bareConfig({}),
    rules: shippedRules,
    folder,
    from: BEGAN,
    behind: {},
    told: () => {},
  });
  try {
    await player.start();
    const prints = (...pieces: readonly (string | Uint8Array)[]) =>
      player.play({
        at: player.clock.now(),
        is: "bytes",
        offset: 0,
        bytes: Buffer.concat(pieces.map((one) => Buffer.from(one))),
      });
    await prints("[    0.000000] Linux version 6.1.0-13-amd64\r\nevil login: ");
    await player.pass(minutes(3));
    await prints("\r\nit says [", payload, "] and goes on\r\n");
    await prints("[  199.000001] Kernel panic - not syncing: dies [", payload, "] of it\r\n");
    await player.pass(minutes(5));
    const incident = player.incidents.list([])[0];
    if (!incident) throw new Error("no incident came of it");
    // The screen is drawn aside, not by this clock.
    while (incident.record.screenBefore === undefined) await new Promise((go) => setImmediate(go));
    const { watchdog } = player;
    const config = {
      site: "demo",
      state: folder,
      hosts: new Map([["evil", entry]]),
      web: { url: "https://oob.example/", answer: true, viewFor: hours(24) },
    };
    const { clock, incidents } = player;
    const links = new SiteLinks({
      config,
      clock,
      incidents,
      watchdog,
      audit: { note: () => {} },
    } as unknown as SiteCore);
    const site = { links, why: async () => ({ ...watchdog.whyOf("evil"), incident: 1 }) };
    const pages = new IncidentSite({ config, site, clock } as unknown as ConstructorParameters<
      typeof IncidentSite
    >[0]);
    const { url } = links.make(incident, "answer", "jana");
    const { html } = await pages.show(url.slice(url.lastIndexOf("/") + 1));
    const double = new SiteDouble();
    double.incident = async () => ({
      summary: incident.summary,
      report: incident.text,
      record: incident.record,
    });
    double.incidents = async () => [incident.summary];
    const cli = async (words: readonly string[], world: object) =>
      (await runCli(words, { site: double, ...world })).stdout;
    return {
      html,
      markdown: incident.page(),
      record: fs.readFileSync(join(incident.folder, "incident.json"), "utf8"),
      terminal: await cli(["incident", "show", "1"], { stdoutTty: true, columns: 100 }),
      json: await cli(["incident", "show", "1", "--json"], {}),
      list: await cli(["incident", "list"], { stdoutTty: true, columns: 100 }),
    };
  } finally {
    await player.end();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}
