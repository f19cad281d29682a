/** SYSLINUX' driver at a prompt as EXTLINUX 6.04 drew it on QEMU, under what the host had said before it restarted. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import syslinux from "../../drivers/boot/syslinux.ts";
import { Screen } from "../../src/core/session/screen.ts";
import { OobError } from "../../src/lib/errors.ts";
import type { ConsoleHands, ScreenText } from "../../src/sdk/runbook.ts";

const recorded = (name: string) =>
  readFileSync(new URL(`./syslinux/${name}.raw`, import.meta.url).pathname);

/** More rows than the screen has, indented ones among them: EXTLINUX does not clear them. */
const BEFORE = Array.from({ length: 40 }, (_, n) => ` does not exist. ${n}\r\nplain ${n}\r\n`).join(
  "",
);

async function extlinux() {
  const screen = await Screen.create("utf-8");
  const show = async (bytes: Uint8Array) => {
    screen.feed(bytes);
    await new Promise<void>((resolve) => screen.whenShown(resolve));
  };
  const shot = (): ScreenText => screen.shot("ext1");
  await show(Buffer.from(BEFORE));
  await show(recorded("extlinux-prompt"));
  const typed: string[] = [];
  const type = async (text: string) => {
    typed.push(text);
    if (text === "\t") await show(recorded("extlinux-tab"));
    else if (text === "\r") await show(Buffer.from("\r\nLoading vmlinuz... ok\r\n"));
    else await show(Buffer.from(text));
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

it("reads the labels right above the prompt, and none of what stood on the screen before", async () => {
  const { typed, hands } = await extlinux();
  await syslinux.bootWith(hands, "single", 100, { entry: ["older"] });
  expect(typed.join("")).toBe("\tolder single\r");
});

it("names the labels where the wanted one is none of them, and the host boots unchanged", async () => {
  const { hands } = await extlinux();
  await expect(syslinux.bootWith(hands, "single", 100, { entry: ["newest"] })).rejects.toThrow(
    /it has no label "newest": linux, older; the host boots unchanged$/,
  );
});
