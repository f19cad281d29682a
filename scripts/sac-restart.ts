import {
  defineRunbook,
  demandSacName,
  durationOf,
  flagOf,
  minutes,
  OobError,
  type RunbookHands,
  reachSac,
  SAC_BOOTS,
  SAC_READY,
  SAC_READY_WITHIN,
  SAC_STOP_ERROR,
  seconds,
  textOf,
} from "oob/sdk";

/** A restart begins at once; a stop error comes at once. */
const BEGINS_WITHIN = minutes(2);
/** Firmware of servers, and a memory dump of a large one. */
const BOOTS_WITHIN = minutes(60);
/** SAC refuses in words, and shows its prompt again. */
const REFUSED = /(?:^|\n)!?SAC> ?$/;

/** Types the command once, and waits until Windows starts. */
async function restart({ console, host, note }: RunbookHands, command: string): Promise<void> {
  await console.send(`${command}\r`);
  const patterns = [SAC_BOOTS, REFUSED, ...(command === "crashdump" ? [SAC_STOP_ERROR] : [])];
  const found = await console
    .expect(patterns, BEGINS_WITHIN, "Windows to go down")
    .catch((thrown: unknown) => {
      // Firmware takes its time, and not every one speaks.
      if (thrown instanceof OobError && thrown.code === "EXPECT_TIMEOUT") return undefined;
      throw thrown;
    });
  if (found?.which === 1)
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot restart ${host.name}: SAC took "${command}" and shows its prompt again`,
      {
        hint: command === "restart" ? "oob attach, and look" : "Windows has to allow a crash dump",
      },
    );
  if (found?.which === 2) note("it stopped with an error");
  if (found?.which !== 0) await console.expect(SAC_BOOTS, BOOTS_WITHIN, "Windows to start");
}

/** Restarts a Windows host by its Special Administration Console, or has it write a crash dump first. */
export default defineRunbook({
  title: "Restart Windows by its serial console",
  summary:
    "SAC or !SAC: restart, or crash=true for a stop error with a memory dump; sees it come back",
  risk: "disrupt",
  sources: ["Microsoft: Special Administration Console (SAC) and SAC commands; !SAC commands"],
  on: ["windows"],
  options: {
    crash: {
      kind: "boolean",
      default: false,
      summary:
        "stop it with an error and have it write its memory to disk, for whoever looks why it hung",
    },
    name: { kind: "text", summary: "what it calls itself, where that is not the inventory's name" },
    within: { kind: "duration", summary: "from its boot to its command prompt (30m)" },
  },
  timeout: minutes(130),
  async run(hands) {
    const { act, console, dryRun, host, options, step } = hands;
    const crash = flagOf(options, "crash");
    const command = crash ? "crashdump" : "restart";
    if (dryRun) {
      await act(`type "${command}" at SAC`, () => Promise.resolve());
      return `${host.name} was left as it is`;
    }
    const stand = await step("SAC", () => reachSac(hands));
    const wanted = textOf(options, "name") || host.name;
    await step("identification", () => demandSacName(hands, wanted));
    if (crash && stand === "stopped")
      throw new OobError(
        "RUNBOOK_INVALID",
        `Cannot crash ${host.name}: it has stopped with an error already`,
        {
          hint: `Its dump is written or was refused; restart it: oob run sac-restart ${host.name}`,
        },
      );
    await act(`type "${command}" at ${stand === "sac" ? "SAC" : "!SAC"}`, () =>
      restart(hands, command),
    );
    await step("back", () =>
      console.expect(
        SAC_READY,
        durationOf(options, "within", SAC_READY_WITHIN),
        "Windows to offer its command prompt",
      ),
    );
    await console.settle(seconds(1), seconds(30)).catch(() => undefined);
    return `${host.name} is back: SAC offers a command prompt`;
  },
});
