import type { DeviceEntry, NotifyEntry } from "../../config/site-config.ts";
import type { Clock, Millis } from "../../lib/clock.ts";
import { formatDuration, seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import { orAborted } from "../../lib/or-aborted.ts";
import type { Link } from "../../sdk/link.ts";
import type { Alert, NotifyContext } from "../../sdk/notify/alert.ts";
import type { Registry } from "../registry/registry.ts";
import type { SiteCore } from "../site/site-core.ts";
import type { SiteLinks } from "../site/site-links.ts";
import { Alerts } from "./alerts.ts";
import { sendNotice } from "./send-notice.ts";

/** Longest time that one try through one channel may take. A telephone rings for a while. */
const SEND_WITHIN: Millis = seconds(120);

/** What sending needs of a site. */
interface SendParts {
  readonly registry: Pick<Registry, "notify">;
  readonly secrets: NotifyContext["secret"];
  readonly clock: Clock;
  readonly openLink: OpenLink;
}

/** Opens the way to a modem. */
export type OpenLink = (
  entry: DeviceEntry,
  signal: AbortSignal,
) => Promise<{ readonly link: Link; close(): Promise<void> }>;

/** The alerts of a site, which nobody has started. */
export function alertsOf(
  core: SiteCore,
  links: Pick<SiteLinks, "ofAlert">,
  openLink: OpenLink,
): Alerts {
  const { config, clock, audit, incidents, registry, secrets } = core;
  const parts = { registry, secrets, clock, openLink };
  return new Alerts({
    ...{ site: config.site, state: config.state, channels: config.notify, clock, audit },
    incident: (id) => incidents.find(id)?.record,
    openIncident: (host) =>
      incidents.list([host]).find(({ record }) => record.closedAt === undefined)?.record.id,
    channelsOf: (host) => config.hosts.get(host)?.notify,
    next: (host) => core.watchdog?.statusOf(host)?.next,
    asks: (host) => core.watchdog?.whyOf(host)?.ask !== undefined,
    // One that cannot be loaded sends nothing, and says why when it should.
    isBlind: ({ device }) =>
      registry.notify(device.driver).then(
        (driver) => driver.isBlind?.(device.options) ?? false,
        () => false,
      ),
    link: (name, entry, alert) => links.ofAlert(name, entry, alert.incident),
    send: (entry, alert, ending) => sendOnce(parts, entry, alert, ending),
  });
}

/** Sends one alert through one channel, once, and not for ever; `ending`: aborted when nobody waits for it any more. */
export async function sendOnce(
  parts: SendParts,
  { device }: NotifyEntry,
  alert: Alert,
  ending?: AbortSignal,
): Promise<string> {
  const { registry, secrets, clock, openLink } = parts;
  const driver = await registry.notify(device.driver);
  const late = new AbortController();
  const timer = clock.after(SEND_WITHIN, () => late.abort(tooLate(device)));
  const signal = ending ? AbortSignal.any([late.signal, ending]) : late.signal;
  const way = device.via && (await openLink(device.via, signal));
  try {
    const sent = driver.send(alert, device.options, {
      ...{ clock, secret: secrets, signal },
      snmp: (notice) => sendNotice(notice, clock),
      ...(way && { through: way.link }),
    });
    return await orAborted(sent, signal);
  } finally {
    timer.cancel();
    await way?.close();
  }
}

const tooLate = ({ driver }: DeviceEntry): OobError =>
  new OobError(
    "NOTIFY_FAILED",
    `Cannot send by "${driver}": it took longer than ${formatDuration(SEND_WITHIN)}`,
    { hint: "What it talks to does not answer" },
  );
