import type { Site } from "../core/site.ts";
import { OobError } from "../lib/errors.ts";
import { expandHosts, isUrl } from "./hostlist.ts";

interface Opener {
  site(urls?: readonly string[]): Promise<Site>;
}

/** Opens the site and gives the hosts that the words mean. No words: every host, where `all` allows that. */
export async function chooseHosts(
  call: Opener,
  words: readonly string[],
  { all = false } = {},
): Promise<{ site: Site; hosts: readonly string[] }> {
  const site = await call.site(words.filter(isUrl));
  if (words.length === 0 && all) return { site, hosts: await site.hosts() };
  return { site, hosts: expandHosts(words, await site.hosts()) };
}

/** The same for commands that take exactly one host. */
export async function chooseHost(
  call: Opener,
  word: string,
): Promise<{ site: Site; host: string }> {
  const { site, hosts } = await chooseHosts(call, [word]);
  const [host] = hosts;
  if (host === undefined || hosts.length > 1)
    throw new OobError("USAGE", `Cannot take "${word}": it means ${hosts.length} hosts, not one`);
  return { site, host };
}
