import type { NotifyEntry, WebPolicy } from "../../config/site-config.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { type AskNow, askMark, askNow } from "../incident/asked-now.ts";
import type { Incident } from "../incident/incident.ts";
import type { IncidentLink } from "../incident/incident-link.ts";
import { linkKey } from "../incident/link-key.ts";
import { type LinkRight, openLink, sealLink } from "../incident/link-token.ts";
import type { SiteCore } from "./site-core.ts";

/** What a link leads to. */
export interface LinkedIncident {
  readonly incident: Incident;
  readonly may: LinkRight;
  /** For whom it was made: "channel chat", "jana". */
  readonly to: string;
  readonly ask: AskNow;
}

/** Makes links to incidents, and reads them again. */
export class SiteLinks {
  readonly #core: Pick<SiteCore, "config" | "clock" | "incidents" | "audit"> & {
    readonly watchdog?: SiteCore["watchdog"];
  };
  #key: Uint8Array | undefined;
  #trouble = "";

  constructor(core: SiteCore) {
    this.#core = core;
  }

  /** For an alert that leaves by a channel. A link that cannot be made keeps no alert back. */
  ofAlert(
    channel: string,
    { link = "view" }: Pick<NotifyEntry, "link">,
    id: number | undefined,
  ): string | undefined {
    const found = id === undefined ? undefined : this.#core.incidents.find(id);
    if (link === "none" || !found || !this.#core.config.web) return undefined;
    try {
      const to = `channel ${channel}`;
      const may = link === "answer" && this.#mayAnswer(found) ? "answer" : "view";
      const { url } = this.#make(this.#core.config.web, found, may, to);
      this.#trouble = "";
      return url;
    } catch (thrown) {
      const text = `alerts go without links: ${messageOf(thrown)}`;
      if (text !== this.#trouble) this.#core.audit.note({ type: "web.error", by: "oob", text });
      this.#trouble = text;
      return undefined;
    }
  }

  /** For a person. Throws CONFIG_INVALID where there is no page, GUARD_REFUSED where nothing can be answered. */
  make(incident: Incident, may: LinkRight, to: string): IncidentLink {
    const { web } = this.#core.config;
    const { id, host } = incident.record;
    const refuse = (code: "CONFIG_INVALID" | "GUARD_REFUSED", why: string, hint: string) =>
      new OobError(code, `Cannot make a link to incident ${id} of ${host}: ${why}`, { hint });
    if (!web)
      throw refuse(
        "CONFIG_INVALID",
        'the configuration has no "web:"',
        'Add web: { listen: "127.0.0.1:8470", url: "https://oob.example.org/" }, and restart oob serve',
      );
    if (may === "answer" && !this.#mayAnswer(incident))
      throw refuse("GUARD_REFUSED", this.#whyNoAnswer(incident), `oob why ${host}`);
    return this.#make(web, incident, may, to);
  }

  /** What a token leads to; undefined where it is none of ours, or its time is over. */
  open(token: string): LinkedIncident | undefined {
    const { clock, incidents } = this.#core;
    const claim = openLink(token, this.#secret());
    const incident = claim && incidents.find(claim.incident);
    if (!claim || !incident || clock.now() >= claim.until) return undefined;
    const may = this.#answersAllowed(incident) ? claim.may : "view";
    const ask = askNow(incident.record, claim.asked, this.#asked(incident));
    return { incident, may, to: claim.to, ask };
  }

  #make({ url, viewFor }: WebPolicy, incident: Incident, may: LinkRight, to: string): IncidentLink {
    const { record } = incident;
    const asked = may === "answer" ? this.#asked(incident) : undefined;
    const mark = asked && askMark(record);
    const until = Math.max(this.#core.clock.now() + viewFor, asked?.until ?? 0);
    const claim = { incident: record.id, may, until, to, ...(mark && { asked: mark }) };
    const token = sealLink(claim, this.#secret());
    return { url: `${url}i/${token}`, may, until, ...(asked && { ask: asked }) };
  }

  /** Where two people have to want it, a link is nobody. */
  #answersAllowed({ record: { host } }: Incident): boolean {
    const { web, hosts } = this.#core.config;
    return web?.answer === true && hosts.get(host)?.twoPerson === undefined;
  }

  #mayAnswer(incident: Incident): boolean {
    return this.#answersAllowed(incident) && this.#asked(incident) !== undefined;
  }

  #whyNoAnswer(incident: Incident): string {
    if (!this.#core.config.web?.answer) return 'links only show, "web:" says "answer: false"';
    return this.#answersAllowed(incident)
      ? "nothing is asked now"
      : "two people have to want it, and a link is nobody";
  }

  /** What is asked of this very incident. */
  #asked({ record: { id, host, closedAt } }: Incident) {
    const { incidents, watchdog } = this.#core;
    const [newest] = incidents.list([host]);
    if (closedAt !== undefined || newest?.record.id !== id) return undefined;
    return watchdog?.whyOf(host)?.ask;
  }

  #secret(): Uint8Array {
    this.#key ??= linkKey(this.#core.config.state);
    return this.#key;
  }
}
