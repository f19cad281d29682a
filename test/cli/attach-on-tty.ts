import { processContext } from "../../src/cli/context.ts";
import { main } from "../../src/cli/main.ts";
import { SiteDouble } from "./site-double.ts";

// A real process at a real terminal; only the site is a double. Its host prints a bare LF for "L", and this process
// falls over at "!".
const site = new SiteDouble();
site.attachment.answers = (written) => {
  if (written === "!") setImmediate(() => JSON.parse("no JSON"));
  return [written === "L" ? "one\ntwo" : written];
};
const context = { ...processContext(), openSite: async () => site };
process.exit(await main(process.argv.slice(2), context));
