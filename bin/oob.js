#!/usr/bin/env node
import { main } from "../dist/src/cli/main.js";

// A reader that went away (oob help | head) is no error of ours.
for (const output of [process.stdout, process.stderr]) output.on("error", () => {});
const code = await main(process.argv.slice(2));
// What a command left open (a timer, a device that does not close) must not keep the shell waiting.
process.stdout.write("", () => process.exit(code));
