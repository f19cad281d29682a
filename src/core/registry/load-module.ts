import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { messageOf, OobError } from "../../lib/errors.ts";
import { type DriverFile, isRecipe, PACKAGE_ROOT } from "./driver-files.ts";

/** The default export of a driver's file. Throws DRIVER_INVALID where it cannot be compiled or run. */
export async function loadModule(file: DriverFile): Promise<unknown> {
  if (isRecipe(file.path))
    return (await import("../runbook-recipe/read-recipe.ts")).loadRecipe(file.path);
  let loaded: unknown;
  try {
    loaded = file.own
      ? await import(pathToFileURL(file.path).href)
      : await (await usersLoader()).import(file.path);
  } catch (cause) {
    throw new OobError(
      "DRIVER_INVALID",
      `Cannot load "${file.path}": ${oneLine(messageOf(cause))}${whereIn(file.path, cause)}`,
      { cause },
    );
  }
  const declared =
    typeof loaded === "object" && loaded !== null && "default" in loaded
      ? loaded.default
      : undefined;
  if (declared === undefined)
    throw new OobError("DRIVER_INVALID", `Cannot use "${file.path}": it has no default export`, {
      hint: 'End it with "export default define…({ … })"; see the sdk\'s defineConsole, defineRule and the like',
    });
  return declared;
}

interface UsersLoader {
  import(path: string): Promise<unknown>;
}

let loader: Promise<UsersLoader> | undefined;

/**
 * Loads users' TypeScript and JavaScript. `oob/sdk` and `oob/codec/*` are the very modules of the running package,
 * so that an OobError thrown there is an OobError here.
 */
function usersLoader(): Promise<UsersLoader> {
  loader ??= makeLoader();
  return loader;
}

async function makeLoader(): Promise<UsersLoader> {
  const { createJiti } = await import("jiti");
  const virtualModules: Record<string, unknown> = { "oob/sdk": await import("../../sdk/index.ts") };
  const codecs = join(PACKAGE_ROOT, "src/codec");
  for (const name of await readdir(codecs).catch(() => [])) {
    const codec = /^([a-z0-9-]+)\.(?:ts|js)$/.exec(name)?.[1];
    if (codec !== undefined)
      virtualModules[`oob/codec/${codec}`] = await import(pathToFileURL(join(codecs, name)).href);
  }
  // No cache on disk: jiti's lies in /tmp, where somebody else could put code for us to run.
  return createJiti(import.meta.url, { virtualModules, fsCache: false, interopDefault: false });
}

const oneLine = (text: string): string => text.split("\n")[0]?.trim() ?? text;

/** ":12:5" of the failing file, where the message does not already say so. */
function whereIn(path: string, thrown: unknown): string {
  if (!(thrown instanceof Error)) return "";
  const stack = thrown.stack ?? "";
  const at = stack.indexOf(`${path}:`);
  const place = at < 0 ? null : /^:(\d+)(?::(\d+))?/.exec(stack.slice(at + path.length));
  if (!place || oneLine(thrown.message).includes(`:${place[1]}`)) return "";
  return ` (line ${place[1]})`;
}
