import {
  bootFromPrompt,
  bootUnchanged,
  comesTo,
  cursorRow,
  defineBootLoader,
  demandPlain,
  type LoaderPrompt,
  OobError,
  seconds,
  typeAtLoader,
} from "oob/sdk";

const U_BOOT: LoaderPrompt = {
  name: "U-Boot",
  prompt:
    /^(?:=>|[\w-]{0,20} ?[Uu]-[Bb]oot ?>|STM32MP>|Zynq(?:MP)?>|Versal>|[A-Z][\w-]{1,20} #>|Marvell>>|ath>|hisilicon #)$/,
  unchanged: "boot",
};

/** A board's own prompt (CONFIG_SYS_PROMPT): nothing is changed there, but a host is not left at it. */
const OTHER_PROMPT = /^\S.{0,38}[>#$]$/;

export default defineBootLoader({
  summary: "U-Boot's prompt: adds to bootargs for one boot, saves nothing",
  sources: [
    "U-Boot: doc/usage/environment.rst (bootargs), doc/usage/cmd/boot.rst, common/autoboot.c",
    "seen: 2023.01+dfsg-2+deb12u3 for x86 on QEMU",
  ],
  announces: /Hit any key to stop autoboot: |Press SPACE to abort autoboot/,
  shows: /Hit any key to stop autoboot|Press SPACE to abort autoboot|^=>$/m,
  stopKey: " ",
  async bootWith(console, kernelArguments, within, wish = {}) {
    demandPlain(kernelArguments);
    const atPrompt = () =>
      comesTo(console, (now) => U_BOOT.prompt.test(cursorRow(now)), within, "U-Boot's prompt");
    if (!(await atPrompt())) {
      const row = cursorRow(await console.screen());
      if (OTHER_PROMPT.test(row))
        await bootUnchanged(
          console,
          { ...U_BOOT, prompt: OTHER_PROMPT },
          `its countdown was stopped, and "${row}" is no prompt that is known`,
        );
      throw new OobError(
        "RUNBOOK_FAILED",
        "Cannot stop U-Boot's countdown: its prompt did not come; the host boots unchanged",
        { hint: "It may want another key than the space bar: oob attach" },
      );
    }
    if (wish.entry) await bootUnchanged(console, U_BOOT, "it has no entries to choose among");
    await typeAtLoader(console, U_BOOT, `setenv bootargs \${bootargs} ${kernelArguments}`);
    await atPrompt();
    await typeAtLoader(console, U_BOOT, "printenv bootargs");
    // Its environment may not take the variable: then nothing was gained by booting.
    const lands = ({ rows }: { readonly rows: readonly string[] }) => {
      const text = rows.join("");
      return text.slice(text.lastIndexOf("bootargs=")).includes(kernelArguments);
    };
    if (!(await comesTo(console, lands, seconds(3), "bootargs as they were set")))
      await bootUnchanged(console, U_BOOT, `bootargs do not hold "${kernelArguments}"`);
    await atPrompt();
    await bootFromPrompt(console, U_BOOT, "boot");
  },
});
