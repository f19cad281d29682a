import type { SiteConfig } from "../../config/site-config.ts";
import { messageOf } from "../../lib/errors.ts";
import { listSegments, logFolder } from "../log/log-folder.ts";
import { rawEnd } from "../log/raw-file.ts";
import { bootTroubles } from "./boot-words.ts";
import { atMost, type Finding } from "./finding.ts";

/** Read of one console's log at most, and of all together: a thousand hosts take no longer than thirty. */
const MOST_OF_ONE = 1 << 20;
const MOST_OF_ALL = 32 << 20;

/** Hosts whose console never printed anything, and those whose kernel would not be heard when it dies. */
export function checkConsoles({ state, hosts }: Pick<SiteConfig, "state" | "hosts">): Finding[] {
  const silent: Finding[] = [];
  const kernels: Finding[] = [];
  const unread: string[] = [];
  const share = Math.min(MOST_OF_ONE, Math.floor(MOST_OF_ALL / Math.max(1, hosts.size)));
  let heard = 0;
  for (const { name, console } of hosts.values()) {
    let printed: string | undefined;
    try {
      printed = lastPrinted(logFolder(state, name), share);
    } catch (thrown) {
      unread.push(messageOf(thrown));
      continue;
    }
    if (printed !== undefined) heard++;
    else if (!console.onDemand) silent.push(neverHeard(name));
    for (const { text, todo } of bootTroubles(printed ?? ""))
      kernels.push({ is: "warning", check: "kernel", text: `${name}: ${text}`, todo, about: name });
  }
  const found = [...atMost(silent), ...atMost(kernels)];
  if (unread.length > 0)
    found.push({
      is: "unchecked",
      check: "consoles",
      text: `the logs of ${unread.length} hosts cannot be read: ${unread[0]}`,
      todo: "Run oob doctor as root, or as the user of the daemon",
    });
  if (heard > 0 && found.length === 0)
    found.push({ is: "ok", check: "consoles", text: `${heard} of ${hosts.size} have been heard` });
  return found;
}

const neverHeard = (name: string): Finding => ({
  is: "warning",
  check: "consoles",
  text: `${name}: its console never showed anything`,
  todo: `Press Enter there (oob attach ${name}); then look at cable, speed (oob port identify) and whether the host has a console on that line`,
  about: name,
});

/** The end of a console's log; undefined where nothing ever came. */
function lastPrinted(folder: string, most: number): string | undefined {
  let text = "";
  for (const stem of listSegments(folder).reverse()) {
    // One character a byte: the words that are looked for are ASCII.
    const part = rawEnd(folder, stem, most - text.length).toString("latin1");
    text = part + text;
    if (text.length >= most) break;
  }
  return text === "" ? undefined : text;
}
