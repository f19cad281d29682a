import { quoteWord } from "oob/codec/shell-words";
import { defineRunbook, minutes, must, OobError, printable, seconds } from "oob/sdk";

const MAX_UNITS = 20;
/** The kernel says this of the whole machine; "Memory cgroup out of memory" is a limit's daily business. */
const LOOK = `dmesg 2>/dev/null | sed -n 's/.*\\(Out of memory: Killed process [0-9]* ([^)]*)\\).*/kill \\1/p' | tail -n 20
sed -n 's/^MemAvailable: *\\([0-9]*\\) kB/available \\1/p; s/^MemTotal: *\\([0-9]*\\) kB/total \\1/p' /proc/meminfo
if [ -d /run/systemd/system ]; then
  systemctl list-units --failed --plain --no-legend --no-pager | while read -r u rest; do
    [ "$(systemctl show -p Result --value -- "$u")" = oom-kill ] && echo "unit $u"
  done
fi
ps -eo rss=,pid=,comm= 2>/dev/null | sort -rn | head -n 10 | sed 's/^/top /'
true`;
/** A unit's name as systemd.unit(5) allows it. */
const UNIT = /^unit ([\w:.@\\-]{1,200}\.service)$/;

const linesOf = (text: string, key: string): string[] =>
  text
    .split("\n")
    .flatMap((line) => (line.startsWith(`${key} `) ? [line.slice(key.length + 1)] : []));

/** After the OOM killer: what it killed, who takes the memory; services that it ended are started again. */
export default defineRunbook({
  title: "Put services right after an out-of-memory kill",
  summary:
    "Names what the kernel killed and what takes the memory; restarts services that were ended by it, once there is room",
  risk: "type",
  sources: ["Linux mm/oom_kill.c", "systemd.service(5): Result=oom-kill", "proc(5): MemAvailable"],
  needs: ["login"],
  on: ["linux"],
  options: {},
  timeout: minutes(20),
  async run(hands) {
    const { console, host, step, act, note, report, dryRun } = hands;
    await step("log in", () => console.login(seconds(60)));
    await step("identify", () => hands.identify());
    const text = await step("look", () => must(hands, LOOK, "look at its memory"));
    const kills = linesOf(text, "kill");
    const available = Number(linesOf(text, "available")[0]);
    const total = Number(linesOf(text, "total")[0]);
    const units = text.split("\n").flatMap((line) => UNIT.exec(line)?.[1] ?? []);
    for (const kill of kills) note(printable(kill, 160));
    report.text("What takes the memory: KiB, process, name", linesOf(text, "top").join("\n"));
    const room = `${Math.round(available / 1024)} of ${Math.round(total / 1024)} MiB are available`;
    if (kills.length === 0 && units.length === 0)
      return `${host.name}: the kernel remembers no out-of-memory kill; ${room}`;
    // Less than a twentieth: what is started now would be killed again.
    if (!(available > total / 20))
      return {
        verdict: "act",
        text: `${host.name}: ${room}: stop what takes it first; nothing was restarted`,
      };
    if (units.length === 0)
      return {
        verdict: "look",
        text: `${host.name}: ${kills.length} kills, no service is left ended by them; ${room}`,
      };
    for (const unit of units.slice(0, MAX_UNITS))
      await step(`restart ${unit}`, () =>
        act(
          `systemctl restart ${unit}`,
          () =>
            must(hands, `systemctl restart -- ${quoteWord(unit)}`, `restart ${unit}`, minutes(3)),
          { undo: `systemctl stop ${unit}` },
        ),
      );
    if (dryRun)
      return {
        verdict: "act",
        text: `${host.name} was left as it is; ended for want of memory: ${units.join(", ")}`,
      };
    for (const unit of units.slice(0, MAX_UNITS)) {
      const { status } = await console.run(`systemctl is-active --quiet -- ${quoteWord(unit)}`);
      if (status !== 0)
        throw new OobError(
          "RUNBOOK_FAILED",
          `Cannot keep ${unit} up at ${host.name}: it is not active`,
        );
    }
    return { verdict: "look", text: `${host.name}: ${units.length} services run again; ${room}` };
  },
});
