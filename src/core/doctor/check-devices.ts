import type { DeviceEntry, SiteConfig } from "../../config/site-config.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { flagOf, type OptionValues, type SecretRef, textOf } from "../../sdk/options.ts";
import type { Secrets } from "../registry/secrets.ts";
import { atMost, type Finding } from "./finding.ts";

/**
 * What scanners and worms try first: communities, and passwords with which PDUs, console servers and BMCs are sold.
 * Sources: RFC 1157 ("public"), manuals of APC (apc), Raritan (raritan), Dell iDRAC (calvin), Supermicro (ADMIN),
 * Digi (dbps), ServerTech (admn), Avocent (avocent, cyclades), Opengear (default), Eaton, Lantronix (PASS, system).
 */
const KNOWN = new Set(
  [
    ...[
      "",
      "public",
      "private",
      "admin",
      "admin1",
      "administrator",
      "password",
      "passw0rd",
      "pass",
    ],
    ...["root", "toor", "secret", "default", "changeme", "12345", "123456", "12345678", "1234"],
    ...["apc", "raritan", "calvin", "dbps", "admn", "avocent", "cyclades", "linux", "tslinux"],
    ...["system", "guest", "user", "test", "oob", "cisco", "eaton", "superuser", "write", "read"],
  ].map((word) => word.toLowerCase()),
);

/** A device of the configuration, with the place where people find it. */
interface Named {
  readonly name: string;
  readonly entry: DeviceEntry;
}

type Devices = Pick<SiteConfig, "pdus" | "hosts" | "notify" | "dialIn" | "traps">;

/** Every device entry, those that others lead through included. */
export function allDevices({ pdus, hosts, notify, dialIn }: Devices): Named[] {
  const outer: Named[] = [
    ...[...pdus].map(([name, entry]) => ({ name, entry })),
    ...[...hosts.values()].map(({ name, console: entry }) => ({ name, entry })),
    ...[...notify].map(([name, { device: entry }]) => ({ name, entry })),
    ...dialIn.map(({ name, modem: entry }) => ({ name, entry })),
  ];
  return outer.flatMap(({ name, entry }) => {
    const way: Named[] = [];
    for (let at: DeviceEntry | undefined = entry; at; at = at.via) way.push({ name, entry: at });
    return way;
  });
}

/** Where the configuration consents to clear text. */
export function checkClearText(config: Devices): Finding[] {
  const found = allDevices(config).flatMap(({ name, entry }): Finding[] => {
    if (!flagOf(entry.options, "insecure")) return [];
    const { text, todo } = wordsFor(name, entry);
    return [{ is: "warning", check: "clear-text", text, todo, about: name }];
  });
  if (found.length > 0) return atMost(found);
  const text = "no device is reached in clear text by consent (insecure: true)";
  return [{ is: "ok", check: "clear-text", text }];
}

function wordsFor(name: string, { driver, options }: DeviceEntry) {
  if (!driver.startsWith("snmp"))
    return {
      text: `${name}: insecure: true: whoever is on the way can read its login or pass for it`,
      todo: "Use TLS with a certificate that is checked; until then keep it on a network of its own",
    };
  const version = textOf(options, "version");
  const which = version === "3" ? "v3 without auth and priv" : `v${version} (clear text)`;
  return {
    text: `${name}: SNMP ${which}: who can send a packet from its network can do what oob does there`,
    todo: "Use version: 3 with auth and priv, and switch v1 and v2c off in the device",
  };
}

/** Secrets that everybody knows. The value is compared and forgotten; it is shown nowhere. */
export async function checkKnownSecrets(
  config: Pick<SiteConfig, keyof Devices>,
  secrets: Secrets,
): Promise<Finding[]> {
  const users = secretsIn(config);
  const found: Finding[] = [];
  const unread: string[] = [];
  let unfit = 0;
  for (const [name, places] of users) {
    try {
      const value = await secrets({ secret: name });
      if (KNOWN.has(value.trim().toLowerCase()))
        found.push({
          is: "problem",
          check: "secrets",
          text: `secret "${name}" (${[...places].slice(0, 3).join(", ")}) is one that everybody tries first`,
          todo: "Set another one in the device, then in the file of the secret",
          about: name,
        });
    } catch (thrown) {
      // One that is missing or exposed is told of by the check of the configuration.
      if (thrown instanceof OobError && thrown.cause === undefined) unfit++;
      else unread.push(messageOf(thrown));
    }
  }
  if (unread.length > 0) {
    const text = `${unread.length} of ${users.size} secrets were not looked at: ${unread[0]}`;
    const todo = "Run oob doctor as root, or as the user of the daemon";
    found.push({ is: "unchecked", check: "secrets", text, todo });
  }
  if (found.length > 0) return atMost(found);
  if (unfit > 0) {
    const text = `${unfit} of ${users.size} secrets were not read, see configuration above`;
    const todo = "Put that right, then run oob doctor again";
    return [{ is: "unchecked", check: "secrets", text, todo }];
  }
  return [{ is: "ok", check: "secrets", text: `${users.size} secrets, none that everybody knows` }];
}

function secretsIn(config: Devices): Map<string, Set<string>> {
  const users = new Map<string, Set<string>>();
  const add = (ref: SecretRef | undefined, name: string) => {
    if (ref) users.set(ref.secret, (users.get(ref.secret) ?? new Set()).add(name));
  };
  for (const { name, entry } of allDevices(config))
    for (const ref of refsIn(entry.options)) add(ref, name);
  for (const { name, login, grub } of config.hosts.values())
    for (const one of [login, grub]) add(one && { secret: one.secret }, name);
  for (const { name, people } of config.dialIn)
    for (const { passphrase } of people) add(passphrase, name);
  add(config.traps?.community, "traps");
  return users;
}

const refsIn = (options: OptionValues): SecretRef[] =>
  Object.values(options).filter(
    (value): value is SecretRef =>
      typeof value === "object" && !Array.isArray(value) && "secret" in value,
  );
