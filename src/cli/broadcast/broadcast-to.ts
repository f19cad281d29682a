import { escapeProfile } from "../../codec/escape-profile.ts";
import { OobError } from "../../lib/errors.ts";
import type { AttachOptions } from "../attach/attach-to.ts";
import { chooseHosts } from "../chosen-hosts.ts";
import type { Call } from "../command.ts";
import { BroadcastSession } from "./broadcast-session.ts";

/** More keyboards than this at one time is a slip of the finger; `oob send` takes them all. */
const MAX_HOSTS = 64;

/** Types to many consoles at once until the person leaves. */
export async function broadcastTo(call: Call<AttachOptions>): Promise<number> {
  const { context, options, args } = call;
  const [words = ""] = args;
  const { readOnly, force, join } = options;
  if (readOnly || force || join)
    throw new OobError(
      "USAGE",
      "Cannot broadcast with -r, -f or -j: it types where the seat is free",
    );
  if (context.stdin.isTTY !== true || context.stdout.isTTY !== true)
    throw new OobError("USAGE", `Cannot broadcast to "${words}": this is no terminal`, {
      hint: `To type from a script: oob send ${words} TEXT`,
    });
  const { site, hosts } = await chooseHosts(call, [words]);
  if (hosts.length > MAX_HOSTS)
    throw new OobError("USAGE", `Cannot broadcast to ${hosts.length} hosts: at most ${MAX_HOSTS}`, {
      hint: "oob send types to any number of them",
    });
  const profile = options.escape ?? escapeProfile("^]");
  if (profile === undefined) throw new OobError("INTERNAL", 'Cannot find the escape key "^]"');
  return new BroadcastSession(call, hosts, profile).run(site, options.reason ?? "");
}
