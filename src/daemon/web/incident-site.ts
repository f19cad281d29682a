/** What a link leads to: the page, and the answer that a form brings. */
import type { SiteConfig } from "../../config/site-config.ts";
import { pageParts } from "../../core/incident/incident-page.ts";
import { clock as clockTime } from "../../core/incident/page-lines.ts";
import type { LocalSite } from "../../core/site/local-site.ts";
import type { LinkedIncident } from "../../core/site/site-links.ts";
import type { Clock } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import { incidentHtml } from "./incident-html.ts";
import { sliceRows } from "./slice-rows.ts";
import { type Reply, refusal } from "./web-reply.ts";

const MAX_REASON = 150;

interface Parts {
  readonly config: Pick<SiteConfig, "site" | "hosts">;
  readonly site: Pick<LocalSite, "links" | "why" | "as">;
  readonly clock: Clock;
}

export class IncidentSite {
  readonly #parts: Parts;
  /** Incidents whose answer is on its way to the disk: a second one has to wait and see. */
  readonly #answering = new Set<number>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Changes nothing: programs that show what is behind a link ask for it, too. */
  async show(token: string): Promise<Reply> {
    const link = this.#parts.site.links.open(token);
    if (!link) return isOver();
    const { site, clock, config } = this.#parts;
    const { record, summary, folder } = link.incident;
    const entry = config.hosts.get(record.host);
    const stands = record.closedAt === undefined && entry !== undefined;
    const why = stands ? await site.why(record.host, { interlocks: false }) : undefined;
    const slices = await sliceRows(folder, record, entry?.encoding ?? "utf-8");
    const now = clock.now();
    const proof = record.probes.at(-1);
    const html = incidentHtml({
      ...{ site: config.site, summary, link, now, slices },
      parts: pageParts(record, now),
      ...(proof && { proof }),
      ...(why?.incident === record.id && { next: { next: why.next, foreseen: why.foreseen } }),
    });
    return { status: 200, html };
  }

  /** A form that was sent. `from`: who asks, in words. */
  async answer(token: string, form: URLSearchParams, from: string): Promise<Reply> {
    const link = this.#parts.site.links.open(token);
    if (!link) return isOver();
    const refused = whyNot(link, form);
    if (refused) return refused;
    const { id } = link.incident.record;
    if (this.#answering.has(id))
      return refusal(409, "Already answered", "Somebody answers it this very moment.");
    this.#answering.add(id);
    try {
      await this.#give(link, form, from);
    } catch (thrown) {
      if (!(thrown instanceof OobError)) throw thrown;
      return refusal(409, "Not done", printable(thrown.message, 500), thrown.hint);
    } finally {
      this.#answering.delete(id);
    }
    // Back to the page, which is then loaded and not sent again. Relative: a proxy may have another path.
    return { status: 303, html: "", headers: { location: token } };
  }

  /** By the same doors as `oob incident approve` and `deny`. */
  async #give({ incident, ask, to }: LinkedIncident, form: URLSearchParams, from: string) {
    const { id } = incident.record;
    const said = printable(form.get("reason") ?? "", MAX_REASON).trim();
    const reason = said === "" ? from : `${from}: ${said}`;
    const site = this.#parts.site.as(`link of ${to}`);
    if (form.get("answer") === "no") await site.denyIncident(id, reason);
    else if (ask.is === "asked") await site.approveIncident(id, ask.rung, reason);
  }
}

/** Why a form is not an answer to what is asked now. */
function whyNot({ may, ask, incident }: LinkedIncident, form: URLSearchParams): Reply | undefined {
  const { id, host } = incident.record;
  if (may !== "answer")
    return refusal(403, "Only to look at", `This link only shows incident ${id} of ${host}.`);
  if (ask.is === "answered")
    return refusal(
      409,
      "Already answered",
      `Incident ${id} of ${host} is already answered, at ${clockTime(ask.at)} UTC: ${printable(ask.text)}`,
    );
  if (ask.is === "nothing")
    return refusal(409, "Not asked", `Nothing is asked of incident ${id} of ${host} any more.`);
  const answer = form.get("answer");
  if (answer === "no")
    return (form.get("reason") ?? "").trim() === ""
      ? refusal(400, "Not done", "A no needs its reason.", "Go back, and say why not.")
      : undefined;
  if (answer !== "yes" || form.get("rung") !== ask.rung)
    return refusal(400, "Not done", "It asks for something else now.", "Load the page again.");
  // Names have small letters alone; a telephone begins with a large one.
  const name = (form.get("confirm") ?? "").trim().toLowerCase();
  if (name === host) return undefined;
  const text = `The name does not match: "${printable(name, 80)}" was typed. Nothing was done.`;
  return refusal(400, "Not done", text, `Go back, and type ${host}.`);
}

const isOver = (): Reply =>
  refusal(
    404,
    "No such link",
    "This link leads nowhere, or its time is over.",
    "Whoever may approve the incident makes a new one: oob incident link NUMBER",
  );

/** What went wrong here is told to the audit trail; who asked is told that it did. */
export function broken(thrown: unknown, note: (text: string) => void): Reply {
  note(`a page could not be made: ${printable(messageOf(thrown), 300)}`);
  return refusal(500, "Broken", "The page could not be made. The audit trail says why.");
}
