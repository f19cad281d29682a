import {
  deletedLibsScript,
  type GoneFile,
  type GoneFiles,
  readDeletedLibs,
  remedyOf,
  wantsReboot,
} from "oob/codec/deleted-libs";
import { quoteWord } from "oob/codec/shell-words";
import {
  captured,
  changesSince,
  countsText,
  defineRunbook,
  enterHost,
  flagOf,
  keptKeys,
  minutes,
  OobError,
  type RunbookHands,
  seconds,
} from "oob/sdk";

const RESTART_WITHIN = minutes(3);

async function scan(hands: RunbookHands, what: string): Promise<GoneFiles> {
  const found = readDeletedLibs(await captured(hands, what, deletedLibsScript()));
  if (found.by !== undefined && !found.cut) return found;
  const why = found.by === undefined ? "it has neither /proc nor lsof" : "its answer is not whole";
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot tell what runs deleted files on ${hands.host.name}: ${why}`,
  );
}

const keyOf = ({ unit, command, path }: GoneFile): string => `${unit || command} ${path}`;

/** What can be restarted, each once. */
const restartable = (found: GoneFiles): string[] =>
  [
    ...new Set(found.files.filter((file) => remedyOf(file) === "restart").map(({ unit }) => unit)),
  ].sort();

/** Restarts one service; says what is wrong afterwards, or nothing. */
async function restart({ console, act }: RunbookHands, unit: string): Promise<string | undefined> {
  const word = quoteWord(unit);
  return act(
    `restart ${unit}`,
    async () => {
      const { status } = await console.run(`systemctl restart ${word}`, RESTART_WITHIN);
      if (status !== 0) return `${unit}: systemctl restart ended with ${status}`;
      const after = await console.run(`systemctl is-active --quiet ${word}`, seconds(60));
      return after.status === 0 ? undefined : `${unit} is not active after its restart`;
    },
    { undo: "a restart is not taken back; systemctl status says how the service is" },
  );
}

async function restartAll(hands: RunbookHands, found: GoneFiles): Promise<GoneFiles> {
  const faults: string[] = [];
  for (const unit of restartable(found)) {
    const fault = await hands.step(`restart ${unit}`, () => restart(hands, unit));
    if (fault !== undefined) faults.push(fault);
  }
  if (hands.dryRun) return found;
  const after = await scan(hands, "files that are gone, after the restarts");
  faults.push(...restartable(after).map((unit) => `${unit} runs deleted files still`));
  if (faults.length === 0) return after;
  throw new OobError(
    "RUNBOOK_FAILED",
    `Cannot restart all services of ${hands.host.name}: ${faults.join("; ")}`,
    { hint: "systemctl status, journalctl -u NAME" },
  );
}

const rowOf = (file: GoneFile) => ({
  service: file.unit || "-",
  program: file.command,
  file: file.path,
  remedy: remedyOf(file),
});

function tell({ report }: RunbookHands, found: GoneFiles, fresh: ReadonlySet<string>): void {
  const once = [...new Map(found.files.map((file) => [keyOf(file), file]))];
  const news = once.filter(([key]) => fresh.has(key));
  report.news(
    "Newly deleted under a running program",
    news.map(([, file]) => rowOf(file)),
  );
  report.table(
    `Programs that run deleted files, by ${found.by}`,
    once.map(([, file]) => rowOf(file)),
  );
}

/** Services that run libraries which are gone from the disk: what to restart, or to reboot. */
export default defineRunbook({
  title: "Services that still run deleted libraries",
  summary:
    "Executable mappings of deleted files, by service: which to restart, or to reboot; restarts if told to",
  risk: "type",
  sources: ["proc_pid_maps(5)", "lsof(8), FD DEL", "systemd.unit(5)", "Debian needrestart(1)"],
  needs: ["login"],
  options: {
    restart: {
      kind: "boolean",
      default: false,
      summary: "restart the services that can be restarted",
    },
  },
  timeout: minutes(60),
  async run(hands) {
    const { memory, options } = hands;
    const { uid } = await enterHost(hands);
    const before = await scan(hands, "files that are gone");
    const recalled = await memory.recall();
    const found = flagOf(options, "restart") ? await restartAll(hands, before) : before;
    const keys = [...new Set(found.files.map(keyOf))];
    const { fresh } = changesSince(recalled, keys);
    tell(hands, found, fresh);
    await memory.remember(keptKeys(keys));
    const services = restartable(found);
    const reboot = wantsReboot(found);
    const own = uid === 0 ? "" : "; not root: others' processes were not seen";
    const counts = countsText({
      "to restart": services.length,
      "other programs": new Set(
        found.files.filter((file) => remedyOf(file) !== "restart").map(({ pid }) => pid),
      ).size,
      new: fresh.size,
    });
    return {
      verdict: reboot || services.length > 0 ? "act" : counts !== "" || own !== "" ? "look" : "ok",
      text: `${reboot ? "reboot needed" : services.length > 0 ? "restart needed" : counts === "" ? "no deleted files run" : "deleted files run"}${counts === "" ? "" : `: ${counts}`}${own}`,
    };
  },
});
