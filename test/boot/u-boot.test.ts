/** U-Boot's driver at a console that stops the countdown and has a prompt of its board's own. */
import { describe, expect, it } from "vitest";
import uBoot from "../../drivers/boot/u-boot.ts";
import { OobError } from "../../src/lib/errors.ts";
import type { ConsoleHands, ScreenText } from "../../src/sdk/runbook.ts";

/** Echoes what is typed behind its prompt; `boot` and Enter start the kernel. */
function board(prompt: string) {
  const typed: string[] = [];
  const rows = ["Hit any key to stop autoboot:  0", prompt];
  const column = () => (rows.at(-1) ?? "").length + (rows.length === 2 ? 1 : 0);
  const shot = () =>
    ({ rows, cursor: { row: rows.length - 1, column: column() } }) as unknown as ScreenText;
  const type = async (text: string) => {
    typed.push(text);
    if (text !== "\r") rows[1] = `${rows[1]} ${text}`;
    else if (rows[1] === `${prompt} boot`) rows.push("Starting kernel ...");
  };
  const hands = {
    send: type,
    type,
    screen: async () => shot(),
    settle: async () => undefined,
    untilScreen: async (is: (screen: ScreenText) => boolean, _within: number, what: string) => {
      if (is(shot())) return shot();
      throw new OobError("EXPECT_TIMEOUT", `waited for ${what}`);
    },
  } as unknown as ConsoleHands;
  return { typed, hands };
}

const failure = async (hands: ConsoleHands) =>
  (await uBoot.bootWith(hands, "single", 100).catch((thrown: unknown) => thrown)) as OobError;

describe("u-boot", () => {
  it("does not leave a host at a prompt that it does not know: it boots unchanged", async () => {
    const { typed, hands } = board("Tegra124 (Jetson TK1) #");
    const error = await failure(hands);
    expect(typed).toEqual(["boot", "\r"]);
    expect(error).toMatchObject({ code: "RUNBOOK_FAILED" });
    expect(error.message).toContain("is no prompt that is known; the host boots unchanged");
  });

  it("types nothing where the countdown went on", async () => {
    const { typed, hands } = board("[    0.000000] Booting Linux on physical CPU 0x0");
    const error = await failure(hands);
    expect(typed).toEqual([]);
    expect(error.message).toContain("its prompt did not come");
  });
});
