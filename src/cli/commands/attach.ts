import { ATTACH_OPTIONS, type AttachOptions, attachTo } from "../attach/attach-to.ts";
import { defineCommand } from "../command.ts";
import { REASON } from "../option-values.ts";

interface Options extends AttachOptions {
  readonly broadcast?: boolean;
}

export default defineCommand<Options>({
  usage: "<host>",
  about:
    "Shows the screen and the last lines, then stands at the console. Leave with ^] and a dot, help with ^] and ?. One person writes, others read. The host may be a URL: serial:/dev/ttyUSB0?baud=115200, telnet://ts1:7003.",
  options: [
    { flags: "-r, --read-only", summary: "watch without writing (as spy does)" },
    { flags: "-f, --force", summary: "take the seat from whoever writes; needs --reason" },
    { flags: "-j, --join", summary: "write beside whoever writes" },
    { flags: "--broadcast", summary: "type once, to all of several hosts: 'web[1-4]'" },
    ...ATTACH_OPTIONS,
    REASON,
  ],
  jsonless: true,
  examples: ["oob attach web1", "oob attach 'serial:/dev/ttyUSB0?baud=115200'"],
  run: async (call) => {
    if (!call.options.broadcast) return attachTo(call);
    const { broadcastTo } = await import("../broadcast/broadcast-to.ts");
    return broadcastTo(call);
  },
});
