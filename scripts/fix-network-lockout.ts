import {
  armScript,
  BACK_BY_HAND,
  BACK_NOW,
  defineRunbook,
  durationOf,
  formatDuration,
  hours,
  minutes,
  must,
  OobError,
  offScript,
  PACKET_FILTERS,
  type PacketFilter,
  seconds,
  TIMER_RUNS,
  WHICH_FILTER,
} from "oob/sdk";

/** A packet filter that locks everybody out: off for ten minutes, and back by itself. */
export default defineRunbook({
  title: "Switch a packet filter off for a while",
  summary:
    "Switches nft, iptables or pf off, with a timer on the host that loads the rules again, whatever becomes of us",
  risk: "type",
  sources: ["nft(8)", "iptables-save(8), iptables-restore(8)", "pfctl(8)", "systemd-run(1)"],
  needs: ["login"],
  on: ["linux", "freebsd", "openbsd", "netbsd", "dragonfly"],
  options: {
    for: {
      kind: "duration",
      summary: "how long the rules are off (10m)",
      min: seconds(10),
      max: hours(4),
    },
    back: { kind: "boolean", default: false, summary: "load them now, before the time is over" },
  },
  timeout: minutes(10),
  async run(hands) {
    const { console, host, step, act, options, dryRun, report } = hands;
    await step("log in", () => console.login(seconds(60)));
    await step("identify", () => hands.identify());
    if (options.back === true) {
      await step("rules back", () =>
        act("load the saved rules now", () => must(hands, BACK_NOW, "load the saved rules")),
      );
      return dryRun ? `${host.name} was left as it is` : `${host.name} has its rules again`;
    }
    // First of all: a filter whose rules we have switched off filters nothing, and would not be found.
    const { status } = await console.capture(TIMER_RUNS, { what: "see whether a timer runs" });
    if (status === 0)
      throw new OobError(
        "RUNBOOK_FAILED",
        `Cannot switch the rules of ${host.name} off: they are off already, and a timer runs`,
        { hint: `Load them now: oob run fix-network-lockout ${host.name} --set back=true` },
      );
    const filter = await step("find the filter", async (): Promise<PacketFilter | undefined> => {
      const name = (await must(hands, WHICH_FILTER, "find its packet filter")).trim();
      return PACKET_FILTERS.find((one) => one.name === name);
    });
    if (filter === undefined)
      return {
        verdict: "look",
        text: `${host.name} filters nothing by nft, iptables or pf: it is not a packet filter that locks you out`,
      };
    report.text(
      `Rules of ${filter.name}, before`,
      await must(hands, filter.save, "read the rules"),
    );
    const time = durationOf(options, "for", minutes(10));
    const shown = formatDuration(time);
    await step("switch off", () =>
      act(
        `save the rules of ${filter.name}, start a timer on ${host.name} that loads them after ${shown}, switch them off`,
        async () => {
          await must(hands, armScript(filter, Math.ceil(time / 1000)), "start the timer");
          await must(hands, offScript(filter), `switch ${filter.name} off`);
        },
        { undo: `by itself after ${shown}; at once: ${BACK_BY_HAND}` },
      ),
    );
    if (dryRun) return `${host.name} filters by ${filter.name} and was left as it is`;
    return {
      verdict: "act",
      text: `${host.name} filters nothing for ${shown}; then the rules of ${filter.name} come back by themselves: mend them before`,
    };
  },
});
