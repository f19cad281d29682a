import { BlockList, isIP } from "node:net";
import { z } from "zod";
import { hours } from "../lib/durations.ts";
import { duration, flag, reading } from "./schema-values.ts";
import type { WebPolicy } from "./site-config.ts";

/** How long a link shows its incident, where nothing is said. */
const VIEW_FOR = hours(24);
/** A link is no account: it ends. */
const LONGEST_VIEW = hours(24 * 366);

const own = new BlockList();
own.addSubnet("127.0.0.0", 8, "ipv4");
own.addAddress("::1", "ipv6");

const LISTEN = /^(?:\[([0-9a-f:]{2,45})\]|([0-9.]{7,15})|(localhost)):(\d{1,5})$/i;
/** The longest that a socket's address holds, sun_path. */
const MAX_PATH = 107;

const listen = reading(
  'an address of this machine alone such as "127.0.0.1:8470", or the absolute path of a socket (a proxy with TLS stands in front for others)',
  (value): WebPolicy["listen"] | undefined => {
    if (typeof value !== "string") return undefined;
    if (/^\/[^\0]+$/.test(value) && value.length <= MAX_PATH) return { path: value };
    const [, six, four, local, digits] = LISTEN.exec(value) ?? [];
    const address = six ?? four ?? (local === undefined ? undefined : "127.0.0.1");
    const port = Number(digits);
    if (address === undefined || !(port > 0 && port < 65_536)) return undefined;
    const family = isIP(address);
    const isOwn = family !== 0 && own.check(address, family === 4 ? "ipv4" : "ipv6");
    return isOwn ? { address, port } : undefined;
  },
);

const LOCAL = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
/** What links begin with. Ends in "/". */
const url = reading(
  'an address such as "https://oob.example.org/" (http for localhost alone)',
  (value) => {
    if (typeof value !== "string" || value.length > 500 || !URL.canParse(value)) return undefined;
    const parsed = new URL(value);
    const { protocol, hostname, username, password, search, hash, href } = parsed;
    const isSafe = protocol === "https:" || (protocol === "http:" && LOCAL.test(hostname));
    if (!isSafe || `${username}${password}${search}${hash}` !== "") return undefined;
    return href.endsWith("/") ? href : `${href}/`;
  },
);

const header = reading('the name of a header such as "X-Remote-User"', (value) =>
  typeof value === "string" && /^[A-Za-z][A-Za-z0-9-]{0,63}$/.test(value)
    ? value.toLowerCase()
    : undefined,
);

/** `web:`, the page of an incident. */
export const webSchema = z.strictObject({
  listen,
  url,
  answer: flag.optional(),
  "view-for": duration
    .refine((time) => time >= 60_000 && time <= LONGEST_VIEW, {
      error: 'expected from "1m" to a year',
    })
    .optional(),
  "user-header": header.optional(),
  "address-header": header.optional(),
});

/** With what is usual where nothing is said. */
export function webPolicy(given: z.output<typeof webSchema>): WebPolicy {
  const user = given["user-header"];
  const address = given["address-header"];
  return {
    listen: given.listen,
    url: given.url,
    answer: given.answer ?? true,
    viewFor: given["view-for"] ?? VIEW_FOR,
    ...(user !== undefined && { userHeader: user }),
    ...(address !== undefined && { addressHeader: address }),
  };
}
