import { messageOf, OobError } from "../lib/errors.ts";
import { nameHint, nearest } from "../lib/nearest.ts";
import {
  type OptionFault,
  type OptionSpecs,
  type OptionValues,
  secretOf,
  textOf,
} from "../sdk/options.ts";
import type { DeviceKind, DriverCatalog, DriverFacts } from "./driver-catalog.ts";
import { isRecord } from "./host-range.ts";
import { openSecrets } from "./open-secrets.ts";
import { describe, readOptions } from "./option-values.ts";
import { OUTLET_RULE_NAMES } from "./outlet-rules.ts";
import type { Problems } from "./problems.ts";
import { inside, report, type Spot } from "./read-value.ts";
import type { DeviceEntry } from "./site-config.ts";
import { parseDeviceUrl } from "./url.ts";

/** A chain of `via:` longer than this is a mistake. */
const MAX_VIA = 4;

/** What reading device entries needs. */
export interface DeviceReader {
  readonly catalog: DriverCatalog;
  readonly problems: Problems;
  /** Where each secret is first named. */
  readonly secrets: Map<string, Spot>;
  /** Options for every console whose driver knows them. */
  readonly consoleDefaults: Readonly<Record<string, unknown>>;
}

/**
 * Reads `{ driver: telnet, host: ts1, port: 7003 }`, or the same as a URL, and checks it against what the driver
 * declares. undefined where it is wrong, with every problem noted.
 */
export async function readDevice(
  reader: DeviceReader,
  kind: DeviceKind,
  value: unknown,
  spot: Spot,
  depth = 0,
): Promise<DeviceEntry | undefined> {
  const { catalog, problems } = reader;
  if (typeof value === "string") return readUrl(reader, kind, value, spot);
  if (!isRecord(value)) {
    report(problems, spot, `expected a mapping with "driver", or a URL, got ${describe(value)}`);
    return undefined;
  }
  const { driver, via, ...given } = value;
  const through = via === undefined ? undefined : await readVia(reader, via, spot, depth);
  if (typeof driver !== "string") {
    report(
      problems,
      inside(spot, "driver"),
      driver === undefined ? '"driver" is missing' : `expected a name, got ${describe(driver)}`,
      { hint: await driverHint(catalog, kind, Object.keys(given)) },
    );
    return undefined;
  }
  const facts = await describeDriver(reader, kind, driver, inside(spot, "driver"));
  if (facts === undefined) return undefined;
  const elsewhere =
    via === undefined
      ? !standsAlone(problems, facts, driver, spot)
      : goesThrough(problems, facts, driver, spot);
  const ours = kind === "console" && depth === 0 ? reader.consoleDefaults : {};
  const all = { ...usableDefaults(ours, facts, elsewhere), ...given };
  const others = kind === "power" ? OUTLET_RULE_NAMES : [];
  const options = await readGiven(reader, facts, all, spot, elsewhere, others);
  if (options === undefined || elsewhere !== (through !== undefined)) return undefined;
  return { driver, options, ...(through === undefined ? {} : { via: through }) };
}

/** false: it goes through other devices, and has no address of its own. */
function standsAlone(problems: Problems, facts: DriverFacts, driver: string, spot: Spot): boolean {
  if (facts.through !== true || facts.address !== "none") return true;
  report(problems, inside(spot, "driver"), `driver "${driver}" needs "via:", the way to it`, {
    hint: "via: { driver: serial, path: /dev/ttyS0, baud: 115200 }",
  });
  return false;
}

function goesThrough(problems: Problems, facts: DriverFacts, driver: string, spot: Spot): boolean {
  if (facts.through === true) return true;
  report(problems, inside(spot, "via"), `driver "${driver}" goes through no other device`, {
    hint: 'Leave out "via"',
    at: "key",
  });
  return false;
}

/** Defaults that this driver knows; `via`: it is told by others where the device is. */
const usableDefaults = (
  defaults: Readonly<Record<string, unknown>>,
  facts: DriverFacts,
  via: boolean,
) =>
  Object.fromEntries(
    Object.entries(defaults).filter(([name]) => {
      const spec = Object.hasOwn(facts.options, name) ? facts.options[name] : undefined;
      return spec !== undefined && !(via && spec.unlessVia);
    }),
  );

/** Options that stand one by one; undefined where one is wrong. */
async function readGiven(
  { catalog, problems, secrets }: DeviceReader,
  facts: DriverFacts,
  given: Readonly<Record<string, unknown>>,
  spot: Spot,
  via: boolean,
  others: readonly string[],
): Promise<OptionValues | undefined> {
  for (const [option, value] of Object.entries(given))
    if (isUnnamedSecret(facts.options, option, value))
      problems.hide(spot.file.piecesOf([...spot.path, option]));
  const { values, problems: wrong } = readOptions(facts.options, given, via, others);
  for (const { option, message, hint, at } of wrong)
    report(problems, inside(spot, option), message, { hint, at });
  for (const option of Object.keys(values))
    noteSecret(secrets, secretOf(values, option)?.secret, inside(spot, option));
  if (wrong.length > 0) return undefined;
  for (const { option, behind } of openSecrets(facts.options, values)) {
    problems.hide(spot.file.piecesOf([...spot.path, option]));
    report(problems, inside(spot, option), openSecretText(behind), OPEN_SECRET);
  }
  const faults = await faultsIn(catalog, facts, values);
  for (const { option, message, hint } of faults)
    report(problems, inside(spot, option), message, { hint });
  return faults.length > 0 ? undefined : values;
}

const openSecretText = (behind: string): string =>
  `a password seems to stand in the open behind "${behind}"`;
const OPEN_SECRET = {
  severity: "warning",
  hint: "Arguments are seen by every user of the machine: let it be read from a file of mode 0600",
} as const;

/** Notes where a secret is first named. */
export function noteSecret(secrets: Map<string, Spot>, name: string | undefined, spot: Spot): void {
  if (name !== undefined && !secrets.has(name)) secrets.set(name, spot);
}

/** What is wrong with options that are right one by one. */
async function faultsIn(
  catalog: DriverCatalog,
  facts: DriverFacts,
  values: OptionValues,
): Promise<readonly OptionFault[]> {
  const faults: OptionFault[] = [];
  // Of a driver that says that it is a name or an address: what a user's own means by it is its matter.
  const host = facts.address === "host-port" ? textOf(values, "host") : "";
  if (/[/\s]/.test(host)) {
    const bare = /^[a-z][\w+.-]*:\/\/(?:[^@/]*@)?([^/:\s]+)/i.exec(host)?.[1];
    faults.push({
      ...{ option: "host", message: "expected a name or an address, got a URL or a path" },
      hint: `Leave out the scheme and what stands behind the name${bare ? `: host: ${bare}` : ""}`,
    });
  }
  for (const [option, { profile }] of Object.entries(facts.options)) {
    const name = textOf(values, option);
    if (profile === undefined || name === "") continue;
    const names = await catalog.names(profile);
    if (names.includes(name)) continue;
    const hint = nameHint(name, names) ?? `Profiles: ${names.join(", ")}`;
    faults.push({ option, message: `there is no profile "${name}"`, hint });
  }
  try {
    return [...faults, ...(facts.check?.(values) ?? [])];
  } catch (thrown) {
    // A user's own driver.
    return [{ option: "driver", message: `its check of options failed: ${messageOf(thrown)}` }];
  }
}

/** What stands where `secret:NAME` belongs may be the secret itself; so may what stands at its misspelt name. */
function isUnnamedSecret(specs: OptionSpecs, option: string, given: unknown): boolean {
  if (typeof given === "string" && given.startsWith("secret:")) return false;
  if (Object.hasOwn(specs, option)) return specs[option]?.kind === "secret";
  const meant = nearest(option, Object.keys(specs));
  return meant !== undefined && specs[meant]?.kind === "secret";
}

async function driverHint(
  catalog: DriverCatalog,
  kind: DeviceKind,
  keys: readonly string[],
): Promise<string> {
  const slip = keys.find((key) => nearest(key, ["driver"]) !== undefined);
  if (slip !== undefined) return `Is "${slip}" meant to be "driver"?`;
  return `Drivers: ${(await catalog.names(kind)).join(", ")}`;
}

async function readVia(
  reader: DeviceReader,
  via: unknown,
  spot: Spot,
  depth: number,
): Promise<DeviceEntry | undefined> {
  const place = inside(spot, "via");
  if (depth < MAX_VIA) return readDevice(reader, "console", via, place, depth + 1);
  report(reader.problems, place, `more than ${MAX_VIA} devices in a row`);
  return undefined;
}

async function describeDriver(reader: DeviceReader, kind: DeviceKind, driver: string, spot: Spot) {
  try {
    const facts = await reader.catalog.describe(kind, driver);
    if (facts !== undefined) return facts;
    const hint = nameHint(driver, await reader.catalog.names(kind));
    report(reader.problems, spot, `no ${kind} driver "${driver}"`, { hint });
  } catch (thrown) {
    report(reader.problems, spot, messageOf(thrown));
  }
  return undefined;
}

async function readUrl(
  reader: DeviceReader,
  kind: DeviceKind,
  text: string,
  spot: Spot,
): Promise<DeviceEntry | undefined> {
  try {
    const target = await parseDeviceUrl(text, reader.catalog, kind);
    if (target.secrets.size === 0) {
      const { driver, options } = target.entry;
      for (const option of Object.keys(options))
        noteSecret(reader.secrets, secretOf(options, option)?.secret, spot);
      const facts = await reader.catalog.describe(kind, driver);
      const faults = facts ? await faultsIn(reader.catalog, facts, options) : [];
      for (const { option, message, hint } of faults)
        report(reader.problems, spot, `option "${option}": ${message}`, { hint });
      return faults.length === 0 ? target.entry : undefined;
    }
    report(reader.problems, spot, "a secret stands in this URL", {
      hint: "Write it as a mapping, with secret:NAME",
    });
  } catch (thrown) {
    if (await mayHoldSecret(reader.catalog, kind, text))
      reader.problems.hide(spot.file.piecesOf(spot.path));
    const hint = thrown instanceof OobError ? thrown.hint : undefined;
    report(reader.problems, spot, messageOf(thrown), { hint });
  }
  return undefined;
}

/** Whether a value in the query of a URL stands where `secret:NAME` belongs. */
async function mayHoldSecret(
  catalog: DriverCatalog,
  kind: DeviceKind,
  url: string,
): Promise<boolean> {
  const [, driver = "", query = ""] = /^([a-z][a-z0-9.-]*):[^?]*\??(.*)$/s.exec(url) ?? [];
  const facts = await catalog.describe(kind, driver).catch(() => undefined);
  const given = [...new URLSearchParams(query)];
  return given.some(([option, value]) => isUnnamedSecret(facts?.options ?? {}, option, value));
}
