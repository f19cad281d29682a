/** What `fail2ban-client status` says, of the server and of each of its jails (fail2ban-client(1)). */
import { hostRows } from "./host-rows.ts";
import { SCRIPT_HEAD } from "./jail-list.ts";

/** Most jails that are asked for, most banned addresses that are kept of one. */
const MAX_JAILS = 100;
const MAX_BANNED = 5000;

/** The server's answer, then that of each jail. Names of jails are the configuration's, and typed into nothing else. */
export const FAIL2BAN_SCRIPT = `${SCRIPT_HEAD}
command -v fail2ban-client >/dev/null 2>&1 || { echo absent; echo end; exit; }
o=$(fail2ban-client status 2>&1) || { printf 'down\\t%s\\n' "$(printf '%s' "$o" | tr '\\n\\t' '  ' | cut -b1-300)"; echo end; exit; }
printf '%s\\n' "$o" | sed -n 's/.*Jail list:[[:space:]]*//p' | tr ',' '\\n' | tr -d ' \\t' | grep -E '^[A-Za-z0-9_.@-]+$' | head -n ${MAX_JAILS} |
while read -r j; do
printf 'jail\\t%s\\n' "$j"
if o=$(fail2ban-client status "$j" 2>&1); then printf '%s\\n' "$o" | tr -d '\\t' | sed -n -e "s/.*Currently failed:/failed$T$j$T/p" -e "s/.*Total failed:/total-failed$T$j$T/p" -e "s/.*Total banned:/total-banned$T$j$T/p" -e "s/.*Banned IP list:/banned$T$j$T/p"
else printf 'mute\\t%s\\n' "$j"; fi
done
echo end
`;

/** A jail of fail2ban. */
export interface BanJail {
  readonly name: string;
  /** It is listed, and does not answer. */
  readonly mute: boolean;
  readonly failed: number;
  readonly totalBanned: number;
  readonly banned: readonly string[];
}

/** What a host said. */
export interface BanStatus {
  readonly is: "absent" | "down" | "up";
  /** What the client said instead of an answer. */
  readonly fault: string;
  readonly jails: readonly BanJail[];
  readonly cut: boolean;
}

/** Reads what the script printed. */
export function readBanStatus(text: string): BanStatus {
  // A jail may have banned more addresses than fit a field: their row is read by itself.
  const banned = bannedIn(text);
  const rows = hostRows(text);
  const values = (kind: string): ReadonlyMap<string, string> =>
    new Map(rows.of(kind).map(([jail = "", value = ""]) => [jail, value.trim()]));
  const [failed, total] = [values("failed"), values("total-banned")];
  const mute = new Set(rows.of("mute").map(([jail]) => jail));
  const jails = rows
    .of("jail")
    .slice(0, MAX_JAILS)
    .map(([name = ""]) => ({
      name,
      mute: mute.has(name) || !total.has(name),
      failed: Number.parseInt(failed.get(name) ?? "0", 10) || 0,
      totalBanned: Number.parseInt(total.get(name) ?? "0", 10) || 0,
      banned: banned.get(name) ?? [],
    }));
  const fault = rows.one("down");
  return {
    is: rows.of("absent").length > 0 ? "absent" : fault === undefined ? "up" : "down",
    fault: fault ?? "",
    jails,
    cut: rows.cut || rows.of("end").length === 0,
  };
}

function bannedIn(text: string): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  for (const line of text.split("\n", MAX_JAILS * 8)) {
    if (!line.startsWith("banned\t")) continue;
    const [, jail = "", list = ""] = line.split("\t", 3);
    const words = list
      .slice(0, MAX_BANNED * 46)
      .trim()
      .split(/ +/, MAX_BANNED);
    found.set(
      jail,
      words.filter((word) => /^[0-9a-fA-F.:/]{3,43}$/.test(word)),
    );
  }
  return found;
}
