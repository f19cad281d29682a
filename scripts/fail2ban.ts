import { FAIL2BAN_SCRIPT, readBanStatus } from "oob/codec/fail2ban-status";
import {
  captured,
  changesSince,
  countsText,
  defineRunbook,
  enterHost,
  keptKeys,
  listOf,
  minutes,
  OobError,
} from "oob/sdk";

/** Jails and bans stand in one memory: these begin its keys. */
const JAIL = "jail ";
const BAN = "ban ";

/** Whether fail2ban stands: its server and each of its jails answer; who was banned since yesterday. */
export default defineRunbook({
  title: "fail2ban: jails that are down, new bans",
  summary:
    "fail2ban-client status and that of each jail; a jail of yesterday that is gone is an alarm",
  risk: "read",
  sources: ["fail2ban-client(1)"],
  needs: ["login"],
  options: {
    jails: { kind: "list", summary: "jails that have to be up (those of yesterday)" },
  },
  timeout: minutes(20),
  async run(hands) {
    const { options, report, memory, host } = hands;
    await enterHost(hands);
    const status = readBanStatus(await captured(hands, "fail2ban status", FAIL2BAN_SCRIPT));
    const failed = (why: string) =>
      new OobError("RUNBOOK_FAILED", `Cannot read fail2ban on ${host.name}: ${why}`);
    if (status.cut) throw failed("its answer is not whole");
    if (status.is === "absent") throw failed("there is no fail2ban-client");
    if (status.is === "down")
      return { verdict: "act", text: `fail2ban is down: ${status.fault || "no answer"}` };
    const { jails } = status;
    const up = jails.filter(({ mute }) => !mute).map(({ name }) => name);
    const bans = jails.flatMap(({ name, banned }) => banned.map((address) => `${name} ${address}`));
    const keys = [...up.map((name) => JAIL + name), ...bans.map((ban) => BAN + ban)];
    const { fresh, gone } = changesSince(await memory.recall(), keys);
    const wanted = [
      ...listOf(options, "jails"),
      ...gone.filter((key) => key.startsWith(JAIL)).map((key) => key.slice(JAIL.length)),
    ];
    const down = [
      ...new Set([
        ...jails.filter(({ mute }) => mute).map(({ name }) => name),
        ...wanted.filter((name) => !up.includes(name)),
      ]),
    ];
    const banned = [...fresh]
      .filter((key) => key.startsWith(BAN))
      .map((key) => key.slice(BAN.length));
    report.news("fail2ban", [
      ...down.map((jail) => ({ change: "DOWN", jail, address: "" })),
      ...banned.map((ban) => {
        const [jail = "", address = ""] = ban.split(" ");
        return { change: "banned", jail, address };
      }),
    ]);
    report.table(
      "Jails",
      jails.map(({ name, mute, failed: failures, banned: now, totalBanned }) => ({
        jail: name,
        state: mute ? "no answer" : "up",
        failing: failures,
        banned: now.length,
        "banned in all": totalBanned,
      })),
    );
    // A jail that is down is told every day until it is up again, or named no longer.
    await memory.remember(keptKeys([...down.map((name) => JAIL + name), ...keys]));
    const counts = countsText({ "jails down": down.length, "new bans": banned.length });
    return {
      verdict: down.length > 0 || up.length === 0 ? "act" : "ok",
      text: `${up.length} jails up, ${bans.length} addresses banned${counts === "" ? "" : `: ${counts}`}`,
    };
  },
});
