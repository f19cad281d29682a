import { stat } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { SiteConfig } from "../../config/site-config.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { listSegments, logFolder } from "../log/log-folder.ts";
import type { PlayableLog } from "./log-moment.ts";
import { openOwnLog } from "./read-own-log.ts";
import { openTextLog } from "./read-text-log.ts";

/** Hosts that are named where a log was not found. */
const LISTED = 12;

/** Opens a log by its path, or that of a host of the configuration by the host's name. Throws USAGE. */
export async function openLog(
  named: string,
  { state, hosts }: Pick<SiteConfig, "state" | "hosts">,
): Promise<PlayableLog> {
  const kind = await kindOf(named);
  if (kind === "none" && hosts.has(named)) return ofFolder(logFolder(state, named), named);
  if (kind === "none")
    throw new OobError("USAGE", `Cannot read log "${named}": there is no such file`, {
      hint:
        hosts.size === 0
          ? undefined
          : `Known hosts: ${[...hosts.keys()].slice(0, LISTED).join(", ")}`,
    });
  if (kind === "folder") {
    const host = [...hosts.keys()].find((name) => sameFolder(logFolder(state, name), named));
    return ofFolder(named, host);
  }
  if (/\.raw(?:\.gz)?$/.test(named) && listSegments(dirname(named)).length > 0)
    throw new OobError("USAGE", `Cannot play "${named}" alone: it is a part of a log`, {
      hint: `Name its folder: oob backtest ${dirname(named)}`,
    });
  try {
    return await openTextLog(named);
  } catch (thrown) {
    throw new OobError("USAGE", `Cannot read log "${named}": ${messageOf(thrown)}`, {
      cause: thrown,
    });
  }
}

function ofFolder(folder: string, host: string | undefined): PlayableLog {
  if (listSegments(folder).length > 0) return openOwnLog(folder, host);
  throw new OobError("USAGE", `Cannot play "${host ?? folder}": no console log is in "${folder}"`, {
    hint: "Name files, or folders of consoles below console/ in the state folder",
  });
}

const sameFolder = (one: string, other: string): boolean => resolve(one) === resolve(other);

const kindOf = (path: string): Promise<"folder" | "file" | "none"> =>
  stat(path).then(
    (found) => (found.isDirectory() ? "folder" : "file"),
    () => "none",
  );
