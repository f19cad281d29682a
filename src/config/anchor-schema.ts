import { z } from "zod";
import { pinOf } from "../sdk/http/http-options.ts";
import type { AnchorEntry, AnchorWay } from "./anchor-entry.ts";
import { describe } from "./option-values.ts";
import { duration, listOf, name, one, path, reading, text, whole } from "./schema-values.ts";

const TLS_PORT = 6514;
const TCP_PORT = 601;
const EVERY = 60_000;
const SHORTEST = 1000;
const LONGEST = 24 * 3_600_000;
const EXEC_WITHIN = 60_000;
const MOST_WITHIN = 10 * 60_000;
/** A disk that hangs holds one of the few threads that all files share: others must be left. */
const MAX_FOLDERS = 2;
const MAX_ANCHORS = 16;

const ADDRESS =
  /^(?:tcp:\/\/)?(?:\[([0-9a-f:.%]{2,60})\]|([a-z0-9][a-z0-9._-]{0,252}))(?::(\d{1,5}))?$/i;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i;

const receiver = z.unknown().transform((value, context) => {
  const [whole = "", six, plain, digits] =
    typeof value === "string" ? (ADDRESS.exec(value) ?? []) : [];
  const tls = !whole.startsWith("tcp:");
  const host = six ?? plain ?? "";
  const port = digits === undefined ? (tls ? TLS_PORT : TCP_PORT) : Number(digits);
  if (host !== "" && port > 0 && port < 65_536 && (tls || LOOPBACK.test(host)))
    return { is: "syslog" as const, host, port, tls };
  context.addIssue(
    host !== "" && !tls
      ? `expected TLS, as in "${host}:${TLS_PORT}"; "tcp://" is for a receiver on this machine (127.0.0.1)`
      : `expected a receiver of syslog such as "loghost:${TLS_PORT}", got ${describe(value)}`,
  );
  return z.NEVER;
});
const pin = reading('"sha256:" and 64 hexadecimal digits', (value) =>
  typeof value === "string" ? pinOf(value) : undefined,
);
const words = listOf(text).refine(
  (all) => all.length > 0 && all[0] !== "" && !all.some((word) => word.includes("\0")),
  { error: "expected program and arguments, without NUL" },
);
const every = duration.refine((time) => time >= SHORTEST && time <= LONGEST, {
  error: "expected from 1s to 24h",
});
const within = duration.refine((time) => time >= SHORTEST && time <= MOST_WITHIN, {
  error: "expected from 1s to 10m",
});

const WAYS = ["syslog", "serial", "folder", "exec"] as const;
/** Options of one way alone. */
const ONLY_OF: Readonly<Record<string, (typeof WAYS)[number]>> = {
  ...{ pin: "syslog", ca: "syslog", baud: "serial", flow: "serial", timeout: "exec" },
};

const anchor = z
  .strictObject({
    name,
    every: every.optional(),
    syslog: receiver.optional(),
    pin: pin.optional(),
    ca: path.optional(),
    serial: path.optional(),
    baud: whole(50, 4_000_000).optional(),
    flow: one(["none", "xonxoff", "rtscts"]).optional(),
    folder: path.optional(),
    exec: words.optional(),
    timeout: within.optional(),
  })
  .transform((given, context): AnchorEntry => {
    const { syslog, serial, folder, exec, timeout = EXEC_WITHIN } = given;
    const ways = WAYS.filter((way) => given[way] !== undefined);
    const [is] = ways;
    if (ways.length !== 1 || is === undefined)
      context.addIssue(`expected one of ${WAYS.join(", ")}, got ${ways.join(" and ") || "none"}`);
    for (const [option, way] of Object.entries(ONLY_OF))
      if (option in given && way !== is && ways.length === 1)
        context.addIssue(`"${option}" is for anchors of ${way}, this is one of ${is}`);
    const tlsOnly = given.pin !== undefined || given.ca !== undefined;
    if (syslog?.tls === false && tlsOnly)
      context.addIssue("there is no certificate without TLS: leave out pin and ca");
    if (given.pin !== undefined && given.ca !== undefined)
      context.addIssue("expected pin or ca, got both");
    const way = ((): AnchorWay | undefined => {
      if (syslog) {
        const trust = { ...(given.pin && { pin: given.pin }), ...(given.ca && { ca: given.ca }) };
        return { ...syslog, ...trust };
      }
      if (serial !== undefined)
        return { is: "serial", path: serial, baud: given.baud ?? 9600, flow: given.flow ?? "none" };
      if (folder !== undefined) return { is: "folder", path: folder };
      return exec && { is: "exec", words: exec, timeout };
    })();
    if (way === undefined) return z.NEVER;
    return { name: given.name, every: given.every ?? EVERY, way };
  });

/** `log.anchors`, where checkpoints of sealed logs are sent. */
export const anchorsSchema = z
  .array(anchor)
  .max(MAX_ANCHORS, { error: `expected at most ${MAX_ANCHORS} anchors` })
  // Entries that are wrong themselves come here as they were given.
  .superRefine((all: readonly Partial<AnchorEntry>[], context) => {
    for (const [n, { name: own }] of all.entries())
      if (all.findIndex((other) => other.name === own) < n)
        context.addIssue({
          ...{ code: "custom", path: [n, "name"] },
          message: `there are two anchors "${own}"`,
        });
    if (all.filter(({ way }) => way?.is === "folder").length > MAX_FOLDERS)
      context.addIssue(`expected at most ${MAX_FOLDERS} anchors of folder`);
  });
