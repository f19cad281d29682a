import {
  askSac,
  defineRunbook,
  flagOf,
  minutes,
  reachSac,
  readSacChannels,
  readSacIdentity,
} from "oob/sdk";

/** What a Windows host says of itself at its Special Administration Console: nothing there asks for a password. */
export default defineRunbook({
  title: "What Windows says at its serial console",
  summary: "SAC: identification, time, channels; with log=true processes and the kernel's log",
  risk: "read",
  sources: ["Microsoft: Special Administration Console (SAC) and SAC commands; !SAC commands"],
  on: ["windows"],
  options: {
    log: {
      kind: "boolean",
      default: false,
      summary: "processes (t) and the kernel's log (d), too",
    },
  },
  timeout: minutes(20),
  async run(hands) {
    const { host, options, report, step } = hands;
    const stand = await step("SAC", () => reachSac(hands));
    const identity = readSacIdentity(await step("identification", () => askSac(hands, "id")));
    report.table(
      "Identification",
      Object.entries(identity).map(([what, value]) => ({ what, value })),
    );
    const name = identity["Computer Name"] ?? "a Windows host that gives no name";
    if (stand === "stopped") {
      report.text("Log", await step("log", () => askSac(hands, "d")));
      return {
        verdict: "act",
        text: `${name} stopped with an error: !SAC answers (oob run sac-restart ${host.name})`,
      };
    }
    report.text("Time", await step("time", () => askSac(hands, "s")));
    const channels = readSacChannels(await step("channels", () => askSac(hands, "ch")));
    report.table(
      "Channels",
      channels.map(({ number, name: channel, active }) => ({
        number,
        channel,
        state: active ? "active" : "inactive",
      })),
    );
    if (flagOf(options, "log")) {
      report.text("Processes", await step("processes", () => askSac(hands, "t")));
      report.text("Kernel log", await step("kernel log", () => askSac(hands, "d")));
    }
    const left = channels.filter((one) => one.number > 0 && one.active).length;
    const open = left === 0 ? "" : `, ${left} command ${left === 1 ? "prompt" : "prompts"} open`;
    return { verdict: left === 0 ? "ok" : "look", text: `${name} answers${open}` };
  },
});
