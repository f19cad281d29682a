import type { Millis } from "../../lib/clock.ts";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { BootLoader } from "../../sdk/boot-loader.ts";
import type { ConsoleHands } from "../../sdk/runbook.ts";

/**
 * Waits for one of the boot loaders to announce itself, and has it boot with these kernel arguments.
 * Returns the loader's name.
 */
export async function interceptBoot(
  console: ConsoleHands & { goesDown(): void },
  loaders: ReadonlyMap<string, BootLoader>,
  kernelArguments: string,
  within: Millis,
): Promise<string> {
  const named = [...loaders];
  if (named.length === 0)
    throw new OobError("DRIVER_UNKNOWN", "Cannot intercept a boot: no boot loader is known");
  const { which } = await console.expect(
    named.map(([, loader]) => loader.announces),
    within,
    `a boot loader (${named.map(([name]) => name).join(", ")})`,
  );
  const [name, loader] = named[which] ?? ["", undefined];
  if (!loader) throw new OobError("INTERNAL", `Cannot intercept a boot: no loader number ${which}`);
  await console.untilScreen(
    ({ rows }) => loader.shows.test(rows.join("\n")),
    seconds(10),
    `the screen of ${name}`,
  );
  await loader.bootWith(console, kernelArguments, seconds(10));
  // What the loader drew, and who was logged in before, is not of the host that boots now.
  console.goesDown();
  return name;
}
