import { defineCommand } from "../command.ts";
import { JSON_VERSION } from "../json-views.ts";
import { version } from "../version.ts";

export default defineCommand({
  usage: "",
  options: [],
  examples: ["oob version", "oob version --json"],
  siteless: true,
  async run({ out, options }) {
    if (options.json) out.json({ v: JSON_VERSION, oob: version(), node: process.versions.node });
    else out.line(`oob ${version()}`);
    return undefined;
  },
});
