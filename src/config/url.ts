import { createHash } from "node:crypto";
import { OobError } from "../lib/errors.ts";
import { nameHint } from "../lib/nearest.ts";
import type { SecretRef } from "../sdk/options.ts";
import { bareHost } from "./bare-config.ts";
import type { DeviceKind, DriverCatalog, DriverFacts } from "./driver-catalog.ts";
import { NAME } from "./host-range.ts";
import { readOptions, URL_SECRET } from "./option-values.ts";
import type { DeviceEntry, SiteConfig } from "./site-config.ts";

/** A device given as URL, ready to be put into a configuration. */
export interface UrlTarget {
  readonly kind: DeviceKind;
  /** Safe to be part of a path. */
  readonly name: string;
  readonly entry: DeviceEntry;
  /** Values that stand in the URL, by the made-up name of the secret. */
  readonly secrets: ReadonlyMap<string, string>;
}

/** Reads "telnet://ts1:7003", "serial:/dev/ttyS0?baud=9600", "exec:virsh console vm1", "snmp://public@pdu1". */
export async function parseDeviceUrl(
  url: string,
  catalog: DriverCatalog,
  wanted?: DeviceKind,
): Promise<UrlTarget> {
  const [, driver = "", rest = ""] = /^([a-z][a-z0-9.-]*):(.*)$/s.exec(url) ?? [];
  const { kind, facts } = await findDriver(url, driver, catalog, wanted);
  const { user, options } = splitAddress(url, rest, facts);
  const secrets = new Map<string, string>();
  const standIns: Record<string, SecretRef> = {};
  if (user !== undefined) {
    const option = optionOfUser(url, user, facts, options);
    if (facts.options[option]?.kind === "secret") {
      // Named so that a driver can tell it from a stored secret, which no URL shows to the process list.
      const secret = `${URL_SECRET}${digest(user)}`;
      secrets.set(secret, user);
      standIns[option] = { secret };
    } else options[option] = user;
  }
  const { values, problems } = readOptions(facts.options, options);
  const [wrong] = problems;
  if (wrong !== undefined) {
    const named = wrong.at === "key" ? "" : `option "${wrong.option}": `;
    throw bad(url, named + wrong.message, wrong.hint);
  }
  const name = safeName(driver, rest);
  return { kind, name, entry: { driver, options: { ...values, ...standIns } }, secrets };
}

/** The configuration with one more device in it: a console becomes a host, a power device a PDU. */
export function withUrl(config: SiteConfig, target: UrlTarget, unserved = false): SiteConfig {
  const urlSecrets = new Map([...(config.urlSecrets ?? []), ...target.secrets]);
  if (target.kind === "power")
    return { ...config, urlSecrets, pdus: new Map(config.pdus).set(target.name, target.entry) };
  const host = { ...bareHost(target.name, target.entry), unserved };
  return { ...config, urlSecrets, hosts: new Map(config.hosts).set(target.name, host) };
}

async function findDriver(
  url: string,
  driver: string,
  catalog: DriverCatalog,
  wanted: DeviceKind | undefined,
): Promise<{ kind: DeviceKind; facts: DriverFacts }> {
  const kinds: readonly DeviceKind[] = wanted ? [wanted] : ["console", "power"];
  for (const kind of kinds) {
    const facts = await catalog.describe(kind, driver);
    if (facts !== undefined) return { kind, facts };
  }
  const listed = await Promise.all(kinds.map((kind) => catalog.names(kind)));
  const names = [...new Set(listed.flat())];
  throw new OobError(
    "DRIVER_UNKNOWN",
    `Cannot open "${hidden(url)}": there is no driver "${driver}"`,
    { hint: nameHint(driver, names) ?? `Drivers: ${names.join(", ")}` },
  );
}

function splitAddress(
  url: string,
  rest: string,
  facts: DriverFacts,
): { user: string | undefined; options: Record<string, unknown> } {
  if (facts.address === "none")
    throw bad(url, "this driver needs more than a URL can say", "Make it an entry of oob.yaml");
  if (facts.address === "command") {
    const command = rest.trim();
    if (command === "") throw bad(url, "the command is missing");
    return { user: undefined, options: { command } };
  }
  const question = rest.indexOf("?");
  const address = question < 0 ? rest : rest.slice(0, question);
  const query = new URLSearchParams(question < 0 ? "" : rest.slice(question + 1));
  const options: Record<string, unknown> = Object.fromEntries(query);
  if (facts.address === "path") {
    const path = address.startsWith("//") ? address.slice(2) : address;
    if (path === "") throw bad(url, "the path is missing");
    return { user: undefined, options: { ...options, path } };
  }
  const parts = /^(?:\/\/)?(?:([^@/]*)@)?(\[[0-9a-fA-F:.%]+\]|[^:@/[\]]+)(?::(\d{1,5}))?\/?$/.exec(
    address,
  );
  if (!parts) throw bad(url, `expected "//host:port", got "${address.replace(/^.*@/, "")}"`);
  const [, user, host = "", port] = parts;
  options.host = host.replace(/^\[|\]$/g, "");
  if (port !== undefined) options.port = port;
  return { user: user === undefined ? undefined : decodeURIComponent(user), options };
}

/** What stands before the "@": an SNMP community, which is consent to clear text, or a user's name. */
function optionOfUser(
  url: string,
  user: string,
  facts: DriverFacts,
  options: Readonly<Record<string, unknown>>,
): string {
  if (user.includes(":"))
    throw bad(
      url,
      "a password in a URL is shown by every process list",
      "Write secret:NAME, with the value in a file NAME of the credentials folder",
    );
  if (facts.options.community && options.version !== "3") return "community";
  if (facts.options.user) return "user";
  throw bad(url, "this driver takes no user");
}

/** "telnet-ts1-7003", "serial-dev-ttyusb0": one name for one device, whatever its options. */
function safeName(driver: string, rest: string): string {
  const address = (rest.split("?")[0] ?? "").replace(/^[^@/]*\/\/[^@/]*@|^\/\//, "");
  const words = `${driver}-${address}`
    .toLowerCase()
    .replace(/[^a-z0-9._]+/g, "-")
    .replace(/^-+|-+$/g, "");
  const plain = /^[A-Za-z0-9._/:-]*$/.test(address);
  if (plain && NAME.test(words)) return words;
  return `${words.slice(0, 50)}-${digest(rest)}`;
}

const digest = (text: string): string =>
  createHash("sha256").update(text).digest("hex").slice(0, 8);

/** The URL without what stands before the "@" or behind the "?": a secret may have been typed there. */
const hidden = (url: string): string => url.replace(/\/\/[^@/]*@/, "//…@").replace(/\?.+$/s, "?…");

function bad(url: string, message: string, hint?: string): OobError {
  return new OobError(
    "USAGE",
    `Cannot read the address "${hidden(url)}": ${message}`,
    hint === undefined ? {} : { hint },
  );
}
