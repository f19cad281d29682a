import type { Site } from "../core/site/site.ts";
import { OobError } from "../lib/errors.ts";
import { expandHosts, isUrl, namesGroup } from "../lib/host-list.ts";

interface Opener {
  readonly site: (urls?: readonly string[]) => Promise<Site>;
}

/** Opens the site and gives the hosts that the words mean. No words: every host, where `all` allows that. */
export async function chooseHosts(
  call: Opener,
  words: readonly string[],
  { all = false } = {},
): Promise<{ site: Site; hosts: readonly string[] }> {
  const site = await call.site(words.filter(isUrl));
  const known = await site.hosts();
  if (known.length === 0)
    throw new OobError("CONFIG_NOT_FOUND", "Cannot find any host: none is configured", {
      hint: "Make an oob.yaml (see: oob config check), give a URL, or try: oob demo",
    });
  if (words.length === 0 && all) return { site, hosts: known };
  const groups = namesGroup(words) ? new Map(Object.entries(await site.groups())) : undefined;
  const hosts = expandHosts(words, known, groups);
  return { site, hosts: await nameUrls(site, hosts) };
}

/** A host given by URL gets a name while it is open; all that the site tells is told under that name. */
async function nameUrls(site: Site, hosts: readonly string[]): Promise<readonly string[]> {
  if (!hosts.some(isUrl)) return hosts;
  return Promise.all(
    hosts.map(async (host) => {
      if (!isUrl(host)) return host;
      const [status] = await site.status([host], { power: false });
      return status?.host ?? host;
    }),
  );
}

/** The same for commands that take exactly one host. */
export async function chooseHost(
  call: Opener,
  word: string,
): Promise<{ site: Site; host: string }> {
  const { site, hosts } = await chooseHosts(call, [word]);
  const [host] = hosts;
  if (host === undefined || hosts.length > 1)
    throw new OobError("USAGE", `Cannot take "${word}": it means ${hosts.length} hosts, not one`, {
      hint: `Name one of them: ${hosts.slice(0, NAMED).join(", ")}${hosts.length > NAMED ? " …" : ""}`,
    });
  return { site, host };
}

const NAMED = 6;
/** "web1", or how many and which. */
export function hostsInWords(hosts: readonly string[]): string {
  if (hosts.length === 1) return hosts.join();
  const more = hosts.length > NAMED ? ` and ${hosts.length - NAMED} more` : "";
  return `${hosts.length} hosts (${hosts.slice(0, NAMED).join(", ")}${more})`;
}
