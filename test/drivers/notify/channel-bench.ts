import { readOptions } from "../../../src/config/option-values.ts";
import { type Clock, systemClock } from "../../../src/lib/clock.ts";
import type { Alert, NotifyContext, NotifyDriver } from "../../../src/sdk/notify/alert.ts";
import type { OptionValues } from "../../../src/sdk/options.ts";

export const ALERT: Alert = {
  key: "demo-7",
  thread: "demo/incident/12",
  first: true,
  phase: "open",
  severity: "critical",
  site: "demo",
  host: "web1",
  incident: 12,
  at: Date.UTC(2026, 10, 22, 7, 51, 2),
  title: "web1: kernel panic",
  seen: ["<!channel> `Kernel` panic"],
  news: [{ at: Date.UTC(2026, 10, 22, 7, 51), text: "incident 12 opened" }],
  commands: ["oob incident show 12"],
};

/** Options as they are read from a configuration; throws where one is wrong. */
export function optionsOf(
  driver: NotifyDriver,
  raw: Readonly<Record<string, unknown>>,
): OptionValues {
  const { values, problems } = readOptions(driver.options, raw);
  const faults = [...problems, ...(driver.check?.(values) ?? [])];
  if (faults.length > 0)
    throw new Error(faults.map((one) => `${one.option}: ${one.message}`).join("; "));
  return values;
}

export const contextOf = (
  secrets: Readonly<Record<string, string>> = {},
  more: Partial<NotifyContext> & { readonly clock?: Clock } = {},
): NotifyContext => ({
  clock: systemClock,
  secret: ({ secret }) => Promise.resolve(secrets[secret] ?? ""),
  signal: new AbortController().signal,
  snmp: () => Promise.resolve(),
  ...more,
});
