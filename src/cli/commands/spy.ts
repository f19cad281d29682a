import { ATTACH_OPTIONS, type AttachOptions, attachTo } from "../attach/attach-to.ts";
import { defineCommand } from "../command.ts";

export default defineCommand<AttachOptions>({
  usage: "<host>",
  about: "As attach, but nothing that is typed reaches the host, and the seat stays free.",
  options: ATTACH_OPTIONS,
  jsonless: true,
  examples: ["oob spy web1", "oob spy web1 --replay 1000"],
  run: (call) => attachTo({ ...call, options: { ...call.options, readOnly: true } }),
});
