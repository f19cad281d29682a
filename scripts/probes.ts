import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import {
  isLogPattern,
  knownGoodPatterns,
  type Probe,
  type Probes,
  probesScript,
  readProbes,
  WEB_LOGS,
} from "oob/codec/web-probes";
import {
  captured,
  changesSince,
  countsText,
  defineRunbook,
  enterHost,
  keptKeys,
  listOf,
  messageOf,
  minutes,
  OobError,
  type RunbookHands,
  textOf,
} from "oob/sdk";

/** Where the host keeps its known-good patterns from one day to the next. */
const FOLDER = "/var/lib/oob";
const KNOWN_GOOD = `${FOLDER}/known-good`;

const cannot = ({ host }: RunbookHands, why: string, hint?: string) =>
  new OobError("RUNBOOK_FAILED", `Cannot read the web logs of ${host.name}: ${why}`, {
    ...(hint === undefined ? {} : { hint }),
  });

/** The site's patterns, as the host is given them; undefined where it named no file. */
async function patterns(hands: RunbookHands): Promise<string | undefined> {
  const file = textOf(hands.options, "known-good");
  if (file === "") return undefined;
  const text = await readFile(file, "utf8").catch((thrown: unknown) => {
    throw cannot(hands, `its known-good patterns cannot be read: ${messageOf(thrown)}`);
  });
  const read = knownGoodPatterns(text);
  if ("wrong" in read) throw cannot(hands, `"${file}": ${read.wrong}`);
  return read.patterns;
}

/** Puts the patterns on the host where it has others, and asks it. Undefined: a dry run has put nothing there. */
async function ask(hands: RunbookHands): Promise<Probes | undefined> {
  const { console, act, options } = hands;
  const given = listOf(options, "logs");
  const logs = given.length > 0 ? given : WEB_LOGS;
  const odd = logs.find((log) => !isLogPattern(log));
  if (odd !== undefined)
    throw cannot(hands, `"${odd}" in logs is no path`, "An absolute path; * and ? may stand in it");
  const known = await patterns(hands);
  const { uid } = await enterHost(hands);
  if (known === undefined)
    return readProbes(await captured(hands, "web logs", probesScript({ logs })));
  const sha256 = createHash("sha256").update(known).digest("hex");
  const script = probesScript({ logs, knownGood: { path: KNOWN_GOOD, sha256 } });
  const first = readProbes(await captured(hands, "web logs", script));
  if (first.wants !== "known-good") return first;
  if (uid !== 0) throw cannot(hands, "only root can put the known-good patterns there");
  await act(
    `put ${known.split("\n").length - 1} known-good patterns into ${KNOWN_GOOD}`,
    async () => {
      await console.run(`umask 077; mkdir -p ${FOLDER}`);
      await console.put(KNOWN_GOOD, known, { mode: 0o600 });
    },
    { undo: `rm ${KNOWN_GOOD}` },
  );
  if (hands.dryRun) return undefined;
  return readProbes(await captured(hands, "web logs, with the patterns there", script));
}

function checked(hands: RunbookHands, probes: Probes): Probes {
  if (probes.wants === "other patterns")
    throw cannot(
      hands,
      "its grep does not understand the known-good patterns",
      "Extended regular expressions, one a line",
    );
  if (probes.wants !== undefined) throw cannot(hands, "the known-good patterns are not there");
  if (probes.cut) throw cannot(hands, "its answer is not whole");
  if (probes.logs.length === 0)
    throw cannot(
      hands,
      "no access log was written in the last two days",
      "Say where: logs=/srv/www/*/access.log*",
    );
  if (probes.unread.length > 0)
    throw cannot(hands, `"${probes.unread.join('", "')}" cannot be read`);
  if (probes.lines > 0 && probes.bad * 2 > probes.lines)
    throw cannot(hands, `${probes.bad} of ${probes.lines} lines are not in the common log format`);
  return probes;
}

const answered = ({ status }: Probe): boolean => status.startsWith("2");
const keyOf = ({ status, path }: Probe): string => `${status} ${path}`;
const rowOf = (probe: Probe) => ({
  count: probe.count,
  status: probe.status,
  method: probe.method,
  path: probe.path,
  addresses: probe.addresses,
  "one of them": probe.address,
});

/** Requests for what a web server is not known for, counted on the host; those that were answered stand on top. */
export default defineRunbook({
  title: "Web requests besides the known-good paths",
  summary:
    "Access logs of two days, compressed ones too, filtered and counted on the host; 2xx on odd paths first",
  risk: "type",
  sources: [
    "nginx ngx_http_log_module, combined",
    "Apache mod_log_config, Common Log Format",
    "POSIX grep -E -f",
  ],
  needs: ["login"],
  options: {
    "known-good": {
      kind: "text",
      summary: "file here with extended regular expressions of paths, one a line",
    },
    logs: { kind: "list", summary: "access logs on the host (those of nginx, Apache, lighttpd)" },
  },
  timeout: minutes(40),
  async run(hands) {
    const { report, memory, options } = hands;
    const asked = await ask(hands);
    if (asked === undefined)
      return {
        verdict: "look",
        text: "nothing was counted: the known-good patterns are not on the host yet",
      };
    const { probes, lines, bad, kinds, logs } = checked(hands, asked);
    const keys = probes.map(keyOf);
    const { fresh, first } = changesSince(await memory.recall(), keys);
    report.news(
      "New requests that were answered, then others",
      probes.filter((probe) => fresh.has(keyOf(probe)) || (first && answered(probe))).map(rowOf),
    );
    report.table("Requests besides the known-good", probes.map(rowOf));
    report.text("Read", `${lines} lines, ${bad} of them no requests, of ${logs.join(", ")}`);
    await memory.remember(keptKeys(keys));
    const odd = probes.filter((probe) => answered(probe) && (first || fresh.has(keyOf(probe))));
    const counts = countsText({ "newly answered": odd.length, new: fresh.size });
    const bare = textOf(options, "known-good") === "" ? "; no known-good patterns are set" : "";
    return {
      verdict: odd.length > 0 ? "look" : "ok",
      text: `${lines} lines, ${kinds} kinds of request${counts === "" ? "" : `: ${counts}`}${bare}`,
    };
  },
});
