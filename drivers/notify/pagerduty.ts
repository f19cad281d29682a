import {
  type Alert,
  alertLines,
  defineNotify,
  OobError,
  POST_OPTIONS,
  postFaults,
  postJson,
  printable,
  secretOf,
  textOf,
} from "oob/sdk";

const EVENTS = "https://events.pagerduty.com/v2/enqueue";
/** Longest summary and dedup_key that are taken. */
const MAX_SUMMARY = 1024;
const MAX_KEY = 255;

const ACTIONS = { open: "trigger", acknowledged: "acknowledge", resolved: "resolve" } as const;

export default defineNotify({
  summary: "PagerDuty, and what takes its events: one incident is one alert",
  sources: [
    "PagerDuty Events API v2: trigger, acknowledge and resolve with a dedup_key; 202 Accepted",
  ],
  options: {
    key: {
      kind: "secret",
      required: true,
      summary: "integration key (routing_key) of the service",
    },
    url: { kind: "text", default: EVENTS, summary: "where the events go" },
    ...POST_OPTIONS,
  },
  check: (options) => postFaults(options, textOf(options, "url") || EVENTS),
  async send(alert, options, context) {
    const ref = secretOf(options, "key");
    if (!ref) throw new OobError("CONFIG_INVALID", "Cannot send an event: no key is given");
    const url = textOf(options, "url") || EVENTS;
    const body = JSON.stringify({
      routing_key: (await context.secret(ref)).trim(),
      ...event(alert),
    });
    return postJson({ url, label: `pagerduty ${new URL(url).host}`, body }, options, context);
  },
});

function event(alert: Alert): object {
  const { thread, phase, severity, at, title, site, host, incident, key, link } = alert;
  const head = {
    event_action: ACTIONS[phase],
    dedup_key: thread.slice(0, MAX_KEY),
    client: `oob ${site}`,
  };
  if (phase !== "open") return head;
  return {
    ...head,
    ...(link !== undefined && { links: [{ href: link, text: "Incident" }] }),
    payload: {
      summary: printable(`[${site}] ${title}`, MAX_SUMMARY),
      source: host ?? site,
      severity,
      timestamp: new Date(at).toISOString(),
      component: "console",
      group: site,
      custom_details: {
        text: alertLines(alert).join("\n"),
        key,
        ...(incident !== undefined && { incident }),
      },
    },
  };
}
