import { ESCAPE_PROFILES, type EscapeProfile, escapeProfile } from "../../codec/escape-profile.ts";
import type { AttachRequest } from "../../core/site/site.ts";
import { OobError } from "../../lib/errors.ts";
import { chooseHost } from "../chosen-hosts.ts";
import type { Call, CommandOption } from "../command.ts";
import type { Context } from "../context.ts";
import { choiceOption, countOption } from "../option-values.ts";
import { AttachSession } from "./attach-session.ts";

/** Options of `attach`, and but for the mode of `spy`. */
export interface AttachOptions {
  readonly readOnly?: boolean;
  readonly force?: boolean;
  readonly join?: boolean;
  readonly escape?: EscapeProfile;
  readonly replay: number;
  readonly filter: AttachRequest["filter"];
  readonly reason?: string;
}

/** Lines shown before the live console. */
const REPLAY_LINES = 200;

/** What `attach` and `spy` share. */
export const ATTACH_OPTIONS: readonly CommandOption[] = [
  {
    flags: "-e, --escape <key>",
    summary: "^] (default), ^X, ^Ec (conserver), & (ConMan), ~ (ssh), none",
    parse: escapeOption,
  },
  {
    flags: "--replay <lines>",
    summary: "lines to show before the live console",
    parse: countOption,
    default: REPLAY_LINES,
  },
  {
    flags: "--filter <how>",
    summary: "safe: what a terminal needs; strict: text only; raw: everything",
    parse: choiceOption(["safe", "strict", "raw"]),
    default: "safe",
  },
];

function escapeOption(text: string): EscapeProfile {
  const profile = escapeProfile(text);
  if (profile !== undefined) return profile;
  throw new OobError("USAGE", `Cannot use the escape key "${text}": it is not known`, {
    hint: `Give ^ and a capital letter, or one of: ${ESCAPE_PROFILES.map((one) => one.name).join("  ")}`,
  });
}

/** Stands at a console until the person leaves. */
export async function attachTo(call: Call<AttachOptions>): Promise<number> {
  const { context, options, args, out, interrupt } = call;
  const mode = modeOf(options);
  const word = args[0] ?? "";
  if (mode !== "read" && context.stdin.isTTY !== true)
    throw new OobError("USAGE", `Cannot attach to "${word}": stdin is no terminal`, {
      hint: `To type from a script: oob send ${word} TEXT; to only watch: oob spy ${word}`,
    });
  if (mode === "force" && !options.reason)
    throw new OobError("USAGE", `Cannot take the seat of "${word}": --reason is needed`, {
      hint: "Its writer and the audit trail will show it",
    });
  if (options.filter === "raw")
    out.talk(
      { text: "warning: ", style: "yellow" },
      "unfiltered: this host can change, question and type into your terminal",
    );
  const { site, host } = await chooseHost(call, word);
  const request: AttachRequest = {
    host,
    mode,
    reason: options.reason ?? "",
    replayLines: options.replay,
    filter: options.filter,
    columns: context.stdout.columns || 80,
    rows: context.stdout.rows || 24,
    ...whereFrom(context.env),
  };
  const attachment = await out.waiting(`the console of ${host}`, site.attach(request));
  const wish = { context, interrupt, site, request, escape: options.escape };
  return new AttachSession(wish, attachment).run();
}

/** The address that ssh came from: what others are shown beside the name. */
function whereFrom(env: Context["env"]): { readonly from?: string } {
  const [address] = (env.SSH_CONNECTION ?? "").split(" ");
  const parts = [address, env.SSH_TTY?.replace("/dev/", "")].filter((one) => one);
  return parts.length === 0 ? {} : { from: parts.join(" ") };
}

function modeOf({ readOnly, force, join }: AttachOptions): AttachRequest["mode"] {
  const given = [readOnly && "read", force && "force", join && "join"].filter((one) => one);
  if (given.length > 1)
    throw new OobError("USAGE", "Cannot attach in two ways: -r, -f and -j exclude each other");
  if (readOnly) return "read";
  if (force) return "force";
  return join ? "join" : "write";
}
