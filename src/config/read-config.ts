import { bareConfig } from "./bare-config.ts";
import { checkOthers } from "./check-others.ts";
import type { SecretSpots } from "./check-secrets.ts";
import type { OpenCatalog } from "./driver-catalog.ts";
import { type Found, type Gathered, gather } from "./gather.ts";
import { NAME, NAME_HINT } from "./host-range.ts";
import { takeOutletRules } from "./outlet-rules.ts";
import type { Environment } from "./places.ts";
import { Problems } from "./problems.ts";
import { readDevice } from "./read-device.ts";
import { readDialIns } from "./read-dial-in.ts";
import { readGrants } from "./read-grants.ts";
import { readGroups } from "./read-groups.ts";
import { type HostReader, readHosts, readWatch } from "./read-host.ts";
import { checkLoad, noteCommunity } from "./read-load.ts";
import { readNotify } from "./read-notify.ts";
import { readSchedule } from "./read-schedule.ts";
import { inside, readValue, report, type Spot } from "./read-value.ts";
import { warnOfSameDevice } from "./same-device.ts";
import { SECTIONS, type Section } from "./schema.ts";
import type { DeviceEntry, Grant, HostEntry, SiteConfig, TrapPolicy } from "./site-config.ts";
import { webPolicy } from "./web-schema.ts";

/**
 * Reads a configuration file whole. Every problem of every part is collected; `config` holds what could be read, and
 * is to be used only where none of them is an error.
 */
export async function readConfig(
  path: string,
  env: Environment,
  openCatalog: OpenCatalog,
): Promise<{
  readonly config: SiteConfig;
  readonly problems: Problems;
  readonly secrets: SecretSpots;
}> {
  const problems = new Problems();
  const gathered = await gather(path, problems);
  const sections = new Sections(gathered, problems);
  const settings = readSettings(path, env, sections);
  const defaults = sections.read("defaults") ?? {};
  const spot = gathered.sections.get("defaults")?.spot;
  const secrets = new Map<string, Spot>();
  const catalog = openCatalog(settings.drivers, settings.runbooks);
  const runbooks = await catalog.names("runbook");
  const reader: HostReader = {
    catalog,
    problems,
    secrets,
    consoleDefaults: defaults.console ?? {},
    defaults,
    defaultsSpot: spot,
    defaultWatch: (spot && readWatch(defaults.watch, inside(spot, "watch"), problems)) ?? {},
    pdus: [...gathered.pdus.keys()],
    runbooks,
    schedules: new Map(),
  };
  const pdus = await readPdus(reader, gathered.pdus);
  const hosts = await readAllHosts(reader, gathered.hosts, {
    channels: [...gathered.notify.keys()],
    users: settings.users,
  });
  const groups = readGroups(gathered.groups, [...hosts.keys()], problems);
  const planned = gathered.sections.get("schedule");
  const schedule = readSchedule(planned, reader.schedules, groups, problems, runbooks);
  const dialIn = await readDialIns(reader, gathered["dial-in"], settings.grants);
  const notify = await readNotify(reader, gathered.notify, {
    ...{ hosts: [...hosts.keys()], groups },
    web: gathered.sections.has("web"),
  });
  checkLoad(settings.load, reader, gathered.sections.get("load")?.spot);
  noteCommunity(settings.traps, reader, gathered.sections.get("traps"));
  return {
    config: { ...settings, pdus, hosts, groups, schedule, dialIn, notify },
    problems,
    secrets,
  };
}

class Sections {
  readonly #gathered: Gathered;
  readonly #problems: Problems;

  constructor(gathered: Gathered, problems: Problems) {
    this.#gathered = gathered;
    this.#problems = problems;
  }

  /** A section, checked; undefined where it is not there or wrong. */
  read<Name extends keyof typeof SECTIONS>(name: Name): Section<Name> | undefined {
    const found = this.#gathered.sections.get(name);
    if (found === undefined) return undefined;
    const schema = SECTIONS[name];
    return readValue(schema, found.value, found.spot, this.#problems) as Section<Name> | undefined;
  }

  /** Who may do what, roles spelled out. */
  grants(): readonly Grant[] | undefined {
    const roles = this.read("roles") ?? {};
    const given = this.read("grants");
    const spot = this.#gathered.sections.get("grants")?.spot;
    return given && spot && readGrants(given, roles, spot, this.#problems);
  }
}

function readSettings(path: string, env: Environment, sections: Sections): SiteConfig {
  const bare = bareConfig(env);
  sections.read("version");
  const sessions = sections.read("sessions");
  const log = sections.read("log");
  const { ratings, "keep-days": keepDays, ...load } = sections.read("load") ?? {};
  const traps = readTraps(sections.read("traps"));
  const web = sections.read("web");
  return {
    ...over(bare, {
      site: sections.read("site"),
      state: sections.read("state"),
      runtime: sections.read("runtime"),
      credentials: sections.read("credentials"),
      drivers: sections.read("drivers"),
      runbooks: sections.read("runbooks"),
      users: sections.read("users"),
      grants: sections.grants(),
      requireReason: sections.read("require-reason"),
      escape: sessions?.escape,
      filter: sessions?.filter,
      idleTimeout: sessions?.["idle-timeout"],
    }),
    file: path,
    log: over(bare.log, {
      sync: log?.sync,
      segmentBytes: log?.segment,
      segmentAge: log?.["segment-age"],
      compress: log?.compress,
      keepDays: log?.keep?.days,
      keepBytes: log?.keep?.size,
      anchors: log?.anchors,
    }),
    fleet: over(bare.fleet, sections.read("fleet") ?? {}),
    load: over(bare.load, {
      ...load,
      keepDays,
      ratings: ratings && new Map(Object.entries(ratings)),
    }),
    ...(traps && { traps }),
    ...(web && { web: webPolicy(web) }),
  };
}

const readTraps = (traps: Section<"traps"> | undefined): TrapPolicy | undefined =>
  traps && { ...traps.listen, ...(traps.community && { community: traps.community }) };

/** The base with those fields replaced that are given. */
function over<T extends object>(base: T, given: { [K in keyof T]?: T[K] | undefined }): T {
  const said = Object.entries(given).filter(([, value]) => value !== undefined);
  return { ...base, ...Object.fromEntries(said) };
}

async function readPdus(
  reader: HostReader,
  found: ReadonlyMap<string, Found>,
): Promise<Map<string, DeviceEntry>> {
  const pdus = new Map<string, DeviceEntry>();
  for (const [name, { value, spot }] of found) {
    if (!NAME.test(name))
      report(reader.problems, spot, `"${name}" is no name for a PDU`, {
        at: "key",
        hint: NAME_HINT,
      });
    const { rest, ...rules } = takeOutletRules(value, spot, reader.problems);
    const entry = await readDevice(reader, "power", rest, spot);
    if (entry) pdus.set(name, { ...entry, ...rules });
  }
  return pdus;
}

async function readAllHosts(
  reader: HostReader,
  found: ReadonlyMap<string, Found>,
  others: Parameters<typeof checkOthers>[3],
): Promise<Map<string, HostEntry>> {
  const hosts = new Map<string, HostEntry>();
  const spots = new Map<string, Found>();
  for (const [key, one] of found) {
    for (const host of await readHosts(reader, key, one.value, one.spot)) {
      const first = spots.get(host.name);
      if (first !== undefined) {
        const hint = `The other one is in ${first.spot.file.path}, under "${first.spot.path.at(-1)}"`;
        const message = `host "${host.name}" is defined twice`;
        report(reader.problems, one.spot, message, { hint, at: "key" });
        break;
      }
      hosts.set(host.name, host);
      spots.set(host.name, one);
    }
  }
  checkOthers(reader.problems, hosts, spots, others);
  await warnOfSameDevice(reader.catalog, hosts, spots, reader.problems);
  return hosts;
}
