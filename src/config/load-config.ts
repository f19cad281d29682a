import { OobError } from "../lib/errors.ts";
import { bareConfig } from "./bare-config.ts";
import type { OpenCatalog } from "./driver-catalog.ts";
import { type Environment, findConfig } from "./places.ts";
import { formatProblem, type Problem } from "./problems.ts";
import type { SiteConfig } from "./site-config.ts";

/**
 * Reads the configuration: the file named, else the first of the usual places, else none at all (URLs need no file).
 * Throws CONFIG_INVALID with every problem in the message. The YAML and schema libraries are loaded only for a file.
 */
export async function loadConfig(
  named: string | undefined,
  env: Environment,
  openCatalog: OpenCatalog,
): Promise<SiteConfig> {
  const path = await findConfig(named, env);
  if (path === undefined) return bareConfig(env);
  const { readConfig } = await import("./read-config.ts");
  const { config, problems } = await readConfig(path, env, openCatalog);
  const errors = problems.sorted().filter((problem) => problem.severity === "error");
  if (errors.length === 0) return config;
  const count = errors.length === 1 ? "1 problem" : `${errors.length} problems`;
  throw new OobError(
    "CONFIG_INVALID",
    `Cannot use configuration "${path}": ${count}\n${errors.map(formatProblem).join("\n")}`,
  );
}

/** What `oob config check` tells. */
export interface ConfigCheck {
  readonly path: string;
  readonly problems: readonly Problem[];
  readonly summary: {
    readonly site: string;
    readonly hosts: number;
    readonly pdus: number;
    readonly outlets: number;
    readonly watched: Readonly<Record<string, number>>;
    readonly secrets: readonly string[];
  };
}

/** Checks a configuration and the secrets it names. Touches no device. */
export async function checkConfig(
  named: string | undefined,
  env: Environment,
  openCatalog: OpenCatalog,
): Promise<ConfigCheck> {
  const path = await findConfig(named, env);
  if (path === undefined)
    throw new OobError("CONFIG_NOT_FOUND", "Cannot find a configuration", {
      hint: 'Name the file with --config, or make one at "~/.config/oob/oob.yaml"',
    });
  const { readConfig } = await import("./read-config.ts");
  const { config, problems, secrets } = await readConfig(path, env, openCatalog);
  const { checkSecrets } = await import("./check-secrets.ts");
  await checkSecrets(secrets, config.credentials, env, problems);
  const hosts = [...config.hosts.values()];
  const watched: Record<string, number> = {};
  for (const host of hosts) watched[host.watch.mode] = (watched[host.watch.mode] ?? 0) + 1;
  const outlets = hosts.reduce((sum, host) => sum + host.outlets.length, 0);
  return {
    path,
    problems: problems.sorted(),
    summary: {
      site: config.site,
      hosts: hosts.length,
      pdus: config.pdus.size,
      outlets,
      watched,
      secrets: [...secrets.keys()].sort(),
    },
  };
}
