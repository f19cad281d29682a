import { z } from "zod";
import { isEscape } from "../sdk/escape.ts";
import { anchorsSchema } from "./anchor-schema.ts";
import { loadSchema, trapsSchema } from "./load-schema.ts";
import { ON_DETACH_WANTED, readOnDetach } from "./on-detach.ts";
import {
  address,
  brief,
  duration,
  flag,
  listOf,
  name,
  one,
  path,
  quiet,
  reading,
  segmentAge,
  silence,
  size,
  text,
  twoPerson,
  whole,
} from "./schema-values.ts";
import { webSchema } from "./web-schema.ts";

/** What a user may be granted. */
export const VERBS = ["attach", "spy", "log", "status", "power", "run", "hold", "kick"] as const;

/** Mode or preset, and whatever of the policy is meant to differ from it. */
export const watchSchema = z.strictObject({
  mode: one(["off", "observe", "ask", "act", "careful"]).optional(),
  ladder: z
    .array(one(["nudge", "sysrq", "soft", "single-user", "cycle", "page"]))
    .nonempty()
    .optional(),
  "confirm-for": duration.optional(),
  silence: silence.optional(),
  "hands-off": duration.optional(),
  "boot-within": duration.optional(),
  budget: z.strictObject({ cycles: whole(0, 100), per: duration }).optional(),
  "cool-down": duration.optional(),
  "always-on": flag.optional(),
  collect: brief.optional(),
  sysrq: flag.optional(),
  ping: address.optional(),
  quiet: listOf(quiet).optional(),
});

const login = z.strictObject({ user: text, secret: text });
const noGroup = (wanted: string) =>
  reading(`${wanted} (groups are not supported)`, (value) =>
    typeof value === "string" && /^[^@]/.test(value) ? value : undefined,
  );
const escapeName = reading('"^]" or another "^X", "^Ec", "&", "~" or "none"', (value) =>
  typeof value === "string" && isEscape(value) ? value : undefined,
);
const encoding = one(["utf-8", "cp437", "latin1"]);

const onDetach = reading(ON_DETACH_WANTED, readOnDetach);

/** "pdu-a/3", or a list of such. */
export const outletsSchema = listOf(text);

/** A host, but for `console`, `outlets` and `watch`, which are read against drivers, PDUs and presets. */
export const hostSchema = z.strictObject({
  os: text.optional(),
  hostname: text.optional(),
  login: login.optional(),
  grub: login.optional(),
  precious: flag.optional(),
  "two-person": twoPerson.optional(),
  "off-for": duration.optional(),
  encoding: encoding.optional(),
  break: duration.optional(),
  "on-detach": onDetach.optional(),
  needs: listOf(name).optional(),
  notify: listOf(name).optional(),
  after: listOf(name).optional(),
  shutdown: text.optional(),
});

/** Top-level keys, each with its schema; `pdus` and `hosts` are read entry by entry. */
export const SECTIONS = {
  version: z.literal(1),
  site: name,
  state: path,
  runtime: path,
  credentials: path,
  drivers: listOf(path),
  runbooks: listOf(path),
  users: listOf(noGroup("the name of a user")),
  roles: z.record(name, listOf(one([...VERBS, "*"]))),
  grants: z.array(
    z.strictObject({
      who: noGroup('the name of a user, or "*"'),
      may: listOf(text),
      except: listOf(one(VERBS)).optional(),
      on: listOf(noGroup('the name of a host, "*" for any letters')).optional(),
    }),
  ),
  "require-reason": flag,
  sessions: z.strictObject({
    escape: escapeName.optional(),
    filter: one(["safe", "strict"]).optional(),
    "idle-timeout": duration.optional(),
  }),
  log: z.strictObject({
    sync: duration.optional(),
    segment: size.optional(),
    "segment-age": segmentAge.optional(),
    compress: flag.optional(),
    anchors: anchorsSchema.optional(),
    keep: z.strictObject({ days: whole(1, 36_500).optional(), size: size.optional() }).optional(),
  }),
  fleet: z.strictObject({
    suspects: whole(1, 10_000).optional(),
    within: duration.optional(),
    cycles: whole(0, 10_000).optional(),
    per: duration.optional(),
  }),
  load: loadSchema,
  traps: trapsSchema,
  web: webSchema,
  schedule: z.unknown(),
  defaults: z.strictObject({
    console: z.record(z.string(), z.unknown()).optional(),
    os: text.optional(),
    watch: z.unknown().optional(),
    login: login.optional(),
    "off-for": duration.optional(),
    encoding: encoding.optional(),
    break: duration.optional(),
    "on-detach": onDetach.optional(),
  }),
} as const;

/** What a section holds once read. */
export type Section<Name extends keyof typeof SECTIONS> = z.output<(typeof SECTIONS)[Name]>;
export type RawWatch = z.output<typeof watchSchema>;
