/** systemd-boot's driver at its menu and its editor, whose keys are those of src/boot/efi/boot.c. */
import { describe, expect, it } from "vitest";
import systemdBoot from "../../drivers/boot/systemd-boot.ts";
import { OobError } from "../../src/lib/errors.ts";
import type { ConsoleHands, ScreenText } from "../../src/sdk/runbook.ts";

/** `says`: its answer to `e` where its editor is switched off; newer ones say it in the row of the countdown. */
interface Options {
  readonly editor: boolean;
  readonly says?: string;
  /** Letters that do not arrive. */
  readonly loses?: string;
}

function menu({ editor, says = "", loses = "" }: Options) {
  const state = { place: "menu", status: "Boot in 5 s.", options: "root=/dev/vda1 ro", column: 0 };
  const saved: string[] = [];
  const asksFirmware = () => state.status.startsWith("Press Enter to reboot into firmware");
  const inMenu = (key: string) => {
    if (key === "\r") state.place = asksFirmware() ? "firmware" : `boots ${state.options}`;
    else if (key === "e" && editor) Object.assign(state, { place: "editor", column: 0 });
    if (key === "\r" || (key === "e" && editor)) return;
    state.status = key === "e" ? says : "";
    if (key === "\x1b") state.status = "Press Enter to reboot into firmware interface.";
    if ("tTdrR".includes(key)) saved.push(key);
  };
  const edited = { text: state.options };
  const inEditor = (key: string) => {
    const { text } = edited;
    if (key === "\x1b") Object.assign(state, { place: "menu", status: "" });
    else if (key === "\r") state.place = `boots ${text}`;
    else if (key === "\b") {
      edited.text = text.slice(0, Math.max(0, state.column - 1)) + text.slice(state.column);
      state.column = Math.max(0, state.column - 1);
    } else {
      edited.text = text.slice(0, state.column) + key + text.slice(state.column);
      state.column++;
    }
  };
  const press = (key: string) => {
    if (loses.includes(key)) return;
    if (state.place === "menu") inMenu(key);
    else if (state.place === "editor") inEditor(key);
  };
  const shot = () => {
    const row = state.place === "editor" ? ` ${edited.text}` : state.status;
    const column = state.place === "editor" ? state.column + 1 : 79;
    return {
      rows: ["Small Linux", "──────────", row],
      cursor: { row: 2, column },
    } as unknown as ScreenText;
  };
  const type = async (text: string) => {
    for (const key of text) press(key);
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
  return { state, saved, hands };
}

const WORDS = "systemd.unit=rescue.target";
const failure = async (hands: ConsoleHands) =>
  (await systemdBoot.bootWith(hands, WORDS, 100).catch((thrown: unknown) => thrown)) as OobError;

describe("systemd-boot", () => {
  it("adds the arguments before the options of the entry", async () => {
    const { state, hands } = menu({ editor: true });
    await systemdBoot.bootWith(hands, WORDS, 100);
    expect(state.place).toBe(`boots ${WORDS} root=/dev/vda1 ro`);
  });

  it.each(["", "Entry does not support editing the command line."])(
    "`editor no` (%j): no letter is typed at its menu, whose hotkeys are saved, and the entry boots",
    async (says) => {
      const { state, saved, hands } = menu({ editor: false, says });
      const error = await failure(hands);
      expect(error.message).toContain("its editor did not open");
      expect(saved).toEqual([]);
      expect(state.place).toBe("boots root=/dev/vda1 ro");
    },
  );

  it("arguments that do not land are discarded, and Enter does not lead to the firmware", async () => {
    const { state, saved, hands } = menu({ editor: true, loses: "u" });
    const error = await failure(hands);
    expect(error.message).toContain("the kernel arguments did not land before its options");
    expect(saved).toEqual([]);
    expect(state.place).toBe("boots root=/dev/vda1 ro");
  });

  it("an editor that does not take keys in time: what boots is the entry, with a blank at most", async () => {
    const { state, saved, hands } = menu({ editor: true, loses: " " });
    await failure(hands);
    expect(saved).toEqual([]);
    expect(state.place.replace(/ +/g, " ")).toBe("boots root=/dev/vda1 ro");
  });
});
