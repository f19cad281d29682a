import { authLinesScript, countAttempts, readAuthText } from "oob/codec/auth-lines";
import {
  BLOCKED_SCRIPT,
  type Blocked,
  blockScript,
  isBlocked,
  readBlocked,
  unblockHint,
} from "oob/codec/firewall-block";
import { chooseBlocks, type Offender } from "oob/codec/guard-choice";
import { type Network, networkText, readNetwork } from "oob/codec/ip-networks";
import {
  captured,
  countsText,
  defineRunbook,
  durationOf,
  enterHost,
  flagOf,
  formatDuration,
  hours,
  listOf,
  type Millis,
  minutes,
  numberOf,
  OobError,
  type RunbookHands,
  seconds,
} from "oob/sdk";

/** Nobody's attack comes from here. */
const OWN = ["127.0.0.0/8", "::1", "fe80::/10"];

const fault = ({ host }: RunbookHands, why: string, hint?: string) =>
  new OobError("RUNBOOK_FAILED", `Cannot guard ${host.name}: ${why}`, {
    ...(hint === undefined ? {} : { hint }),
  });

function neverBlocked(hands: RunbookHands): readonly Network[] {
  return [...OWN, ...listOf(hands.options, "never")].map((word) => {
    const network = readNetwork(word);
    if (network) return network;
    throw fault(hands, `"${word}" in never is no address`, 'Write "192.0.2.7" or "192.0.2.0/24"');
  });
}

/** Lines of sshd that come up at the console by themselves. */
async function watched(hands: RunbookHands, within: Millis): Promise<readonly string[]> {
  const { console, now } = hands;
  const lines: string[] = [];
  const end = now() + within;
  for (let left = within; left > 0; left = end - now()) {
    try {
      const { match } = await console.expect(
        /([^\n]{0,100}sshd[^\n]{0,500})\n/,
        left,
        "a line of sshd",
      );
      lines.push(match[1] ?? "");
    } catch (thrown) {
      if (thrown instanceof OobError && thrown.code === "EXPECT_TIMEOUT") break;
      throw thrown;
    }
  }
  return lines;
}

async function authLines(hands: RunbookHands): Promise<{ lines: readonly string[]; from: string }> {
  const watch = durationOf(hands.options, "watch", 0);
  if (watch > 0) {
    const lines = await hands.step("watch the console", () => watched(hands, watch));
    return { lines, from: `the console, ${formatDuration(watch)}` };
  }
  const window = durationOf(hands.options, "window", hours(1));
  const text = await captured(hands, "lines of sshd", authLinesScript(window / seconds(1)));
  const read = readAuthText(text);
  if (read === undefined) throw fault(hands, "it has neither a journal nor a log of sshd");
  if (read.cut) throw fault(hands, "its answer is not whole");
  return { lines: read.lines, from: `the ${read.by}, ${formatDuration(window)}` };
}

interface Blocking {
  readonly network: string;
  readonly at: Millis;
}

function memoryOf(value: unknown): readonly Blocking[] {
  const kept =
    typeof value === "object" && value !== null && "blocked" in value ? value.blocked : [];
  return Array.isArray(kept)
    ? kept.filter(
        (one): one is Blocking => typeof one?.network === "string" && typeof one?.at === "number",
      )
    : [];
}

/** Blocks them, and reads back that they are. */
async function block(
  hands: RunbookHands,
  before: Blocked,
  chosen: readonly Offender[],
): Promise<void> {
  const { firewall } = before;
  const networks = chosen.map(({ network }) => network);
  if (firewall === undefined)
    throw fault(hands, "it has neither pf nor nft, or they are not root's to use here");
  if (!before.enforced)
    throw fault(
      hands,
      "no rule of its pf.conf drops what the table oob_block holds",
      'Add "table <oob_block> persist" and "block in quick from <oob_block>"',
    );
  const time = durationOf(hands.options, "for", hours(24));
  const words = networks.map(networkText).join(" ");
  await hands.act(
    networks.length === 0
      ? `let go of what is blocked for longer than ${formatDuration(time)}`
      : `block ${words} by ${firewall} for ${formatDuration(time)}`,
    async () => {
      await captured(
        hands,
        "answer to the block",
        blockScript(firewall, networks, time / seconds(1)),
      );
      const after = readBlocked(await captured(hands, "list of what is blocked", BLOCKED_SCRIPT));
      const missing = networks.filter((network) => !isBlocked(network, after.networks));
      if (missing.length > 0)
        throw fault(
          hands,
          `${missing.map(networkText).join(", ")} is not blocked after the command for it`,
        );
    },
    { undo: unblockHint(firewall, networks) },
  );
}

const rowsOf = (what: string, offenders: readonly Offender[]) =>
  offenders.map(({ network, failed, addresses }) => ({
    what,
    address: networkText(network),
    failed,
    addresses,
  }));

/** Who fails to log in too often, and if told to, a block for a time; never more than a few at once. */
export default defineRunbook({
  title: "Addresses that fail to log in over SSH",
  summary:
    "Counts sshd's failures by address and network; blocks by pf or nft for a time if told to, a few an hour",
  risk: "type",
  sources: ["OpenSSH auth.c auth_log()", "pfctl(8) -T", "nft(8), SETS", "sshd(8)"],
  needs: ["login"],
  options: {
    block: {
      kind: "boolean",
      default: false,
      summary: "block them; without it they are only listed",
    },
    window: { kind: "duration", summary: "how far back the log is read (1h)" },
    watch: {
      kind: "duration",
      summary: "watch the console for so long, in place of reading the log",
    },
    threshold: {
      kind: "integer",
      default: 10,
      min: 2,
      max: 100_000,
      summary: "failures of one address",
    },
    "net-threshold": {
      kind: "integer",
      default: 50,
      min: 3,
      max: 1_000_000,
      summary: "failures of one /24 or /64",
    },
    never: { kind: "list", summary: "addresses and networks that are never blocked" },
    for: { kind: "duration", summary: "how long a block lasts (24h)" },
    "per-hour": {
      kind: "integer",
      default: 20,
      min: 1,
      max: 1000,
      summary: "most that are blocked in an hour",
    },
  },
  timeout: hours(13),
  async run(hands) {
    const { options, report, memory, now, dryRun } = hands;
    const never = neverBlocked(hands);
    await enterHost(hands);
    const { lines, from } = await authLines(hands);
    const counts = countAttempts(lines);
    const blocked = readBlocked(await captured(hands, "list of what is blocked", BLOCKED_SCRIPT));
    const recent = memoryOf(await memory.recall()).filter(({ at }) => now() - at < hours(24));
    const lastHour = recent.filter(({ at }) => now() - at < hours(1)).length;
    const limits = {
      perAddress: numberOf(options, "threshold", 10),
      perNetwork: numberOf(options, "net-threshold", 50),
      room: numberOf(options, "per-hour", 20) - lastHour,
    };
    const choice = chooseBlocks(counts, limits, never, blocked.networks);
    const wants = flagOf(options, "block");
    const blocks = wants && !dryRun;
    if (wants && (choice.block.length > 0 || blocked.networks.length > 0))
      await block(hands, blocked, choice.block);
    report.news("SSH", [
      ...rowsOf("GOT IN after failures, not blocked", choice.gotIn),
      ...rowsOf(blocks ? "blocked" : "would be blocked", choice.block),
      ...rowsOf("held back: too many in an hour", choice.held),
      ...rowsOf("on the never-block list, or beside somebody who got in", choice.never),
    ]);
    report.table("Blocked before", rowsOf("blocked", choice.already));
    report.table(
      "Blocked in a day",
      recent.map(({ network, at }) => ({
        address: network,
        "minutes ago": Math.round((now() - at) / minutes(1)),
      })),
    );
    report.table(
      "Failures by address",
      counts
        .filter(({ failed }) => failed > 0)
        .slice(0, 50)
        .map(({ from: address, failed, accepted }) => ({
          address: networkText(address),
          failed,
          accepted,
        })),
    );
    if (blocks)
      await memory.remember({
        blocked: [
          ...recent,
          ...choice.block.map(({ network }) => ({ network: networkText(network), at: now() })),
        ],
      });
    const total = counts.reduce((sum, { failed }) => sum + failed, 0);
    const did = countsText({
      "got in after failures": choice.gotIn.length,
      [blocks ? "blocked" : "would be blocked"]: choice.block.length,
      "held back": choice.held.length,
    });
    return {
      verdict:
        choice.gotIn.length > 0
          ? "act"
          : choice.held.length > 0 || (!blocks && choice.block.length > 0)
            ? "look"
            : "ok",
      text: `${total} failures of ${counts.length} addresses, from ${from}${did === "" ? "" : `: ${did}`}`,
    };
  },
});
