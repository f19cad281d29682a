/**
 * A change that takes itself back: the timer runs on the host, so that it comes whatever becomes of us, of the line, of
 * the shell. Source: systemd-run(1), --on-active; nohup(1) where there is no systemd.
 */
import { quoteWord } from "../../codec/shell-words.ts";

/** What one packet filter is asked and told. */
export interface PacketFilter {
  readonly name: string;
  /** Ends with 0 where it is there and filters. */
  readonly filters: string;
  /** Prints its rules, so that `load` takes them. */
  readonly save: string;
  /** Loads what was saved from "$F", all at once. */
  readonly load: string;
  /** Ends with 0 where what was saved would load: tried before anything is switched off. */
  readonly loads: string;
  readonly off: string;
  /** Ends with 0 where nothing is filtered. */
  readonly isOff: string;
}

/** Between the rules of iptables and those of ip6tables, where both are saved. */
const IPV6 = "# oob: ip6tables";
const BOTH_SAVED = "iptables-save -t filter 2>/dev/null; ip6tables-save -t filter 2>/dev/null";

/** nft(8); iptables-save(8), iptables-restore(8); pfctl(8). */
export const PACKET_FILTERS: readonly PacketFilter[] = [
  {
    name: "nft",
    // Tables of iptables-nft are for iptables: as nft lists them, comments are lost, and not every match can be read back.
    filters:
      'command -v nft >/dev/null && [ "$(nft list tables 2>/dev/null | wc -l)" -gt "$(nft list ruleset 2>&1 | grep -c \'managed by iptables-nft\')" ]',
    save: "echo flush ruleset && nft list ruleset",
    load: 'nft -f "$F"',
    // What iptables-nft made is listed in a form that nft itself may not read.
    loads: 'nft -c -f "$F"',
    off: "nft flush ruleset",
    isOff: '[ -z "$(nft list ruleset)" ]',
  },
  {
    name: "iptables",
    filters: `command -v iptables-save >/dev/null && { ${BOTH_SAVED}; } | grep -Eq '^(-A|:[A-Z]+ (DROP|REJECT))'`,
    save: `iptables-save && if command -v ip6tables-save >/dev/null; then echo '${IPV6}'; ip6tables-save 2>/dev/null; true; fi`,
    load: `sed '/^${IPV6}$/,$d' "$F" | iptables-restore && if grep -q '^${IPV6}$' "$F"; then sed '1,/^${IPV6}$/d' "$F" | ip6tables-restore; fi`,
    loads: `sed '/^${IPV6}$/,$d' "$F" | iptables-restore --test && if grep -q '^${IPV6}$' "$F"; then sed '1,/^${IPV6}$/d' "$F" | ip6tables-restore --test; fi`,
    off: "for t in iptables ip6tables; do for c in INPUT FORWARD OUTPUT; do $t -P $c ACCEPT; done; $t -F; done 2>/dev/null",
    isOff: `! { ${BOTH_SAVED}; } | grep -Eq '^(-A|:[A-Z]+ (DROP|REJECT))'`,
  },
  {
    name: "pf",
    filters:
      "command -v pfctl >/dev/null && pfctl -s info 2>/dev/null | grep -q '^Status: Enabled'",
    save: "pfctl -s rules",
    load: "pfctl -e",
    loads: "true",
    off: "pfctl -d",
    isOff: "pfctl -s info | grep -q '^Status: Disabled'",
  },
];

/**
 * Where the saved rules are, and what loads them, until they are loaded. A boot clears this place, as it ends the timer: it
 * loads the host's own rules, and those from before are nobody's any more. Source: file-hierarchy(7), /run; hier(7) of
 * the BSDs, /var/run.
 */
const FOLDER = "/var/run/oob-lockout";

/** Prints the name of the first filter that filters, or "none". Who may not ask would be told of none. */
export const WHICH_FILTER = `[ "$(id -u)" = 0 ] || { echo "only root can ask its packet filters"; exit 1; }
${PACKET_FILTERS.map(({ name, filters }) => `if ${filters}; then echo ${name}; exit 0; fi`).join("\n")}
echo none`;

/** A process of that number may be anybody's after a reboot: it is asked what it runs. */
const IS_OURS = `ours() {
  case $1 in ''|*[!0-9]*) return 1 ;; esac
  c=$( (tr '\\0' ' ' </proc/"$1"/cmdline) 2>/dev/null || ps -o args= -p "$1" 2>/dev/null)
  case $c in *${FOLDER}/back*) return 0 ;; esac; return 1
}
p=$(cat ${FOLDER}/pid 2>/dev/null)`;

/** Ends with 0 where a timer from before still runs. */
export const TIMER_RUNS = `${IS_OURS}; ours "$p"`;

/** Saves the rules and starts the timer that loads them: seen alive, before anything is switched off. */
export const armScript = (
  filter: PacketFilter,
  seconds: number,
): string => `[ -d /var/run ] || mkdir /var/run || exit 1
umask 077
rm -rf ${FOLDER}; mkdir ${FOLDER} || exit 1
F=${FOLDER}/rules; (${filter.save}) >"$F" && [ -s "$F" ] || { echo "the rules cannot be saved"; exit 1; }
(${filter.loads}) >/dev/null 2>&1 || { echo "the rules as they were saved would not load again"; exit 1; }
cat >${FOLDER}/back <<'END'
F=${FOLDER}/rules
echo $$ >${FOLDER}/pid
[ "$1" = now ] || sleep ${seconds}
n=0
until ${filter.load}; do n=$((n+1)); [ $n -lt 20 ] || exit 1; sleep 2; done
rm -rf ${FOLDER}
END
if command -v systemd-run >/dev/null && [ -d /run/systemd/system ]; then
  systemd-run --quiet --collect sh ${FOLDER}/back || exit 1
else
  (trap '' HUP; if command -v setsid >/dev/null; then setsid sh ${FOLDER}/back; else nohup sh ${FOLDER}/back; fi >/dev/null 2>&1 </dev/null &)
fi
n=0
until [ -s ${FOLDER}/pid ] && (${TIMER_RUNS}); do
  n=$((n+1)); [ $n -lt 20 ] || { echo "the timer does not run"; exit 1; }; sleep 1
done
sync`;

/** Switches the filter off; where it is not off afterwards, the rules are loaded at once. */
export const offScript = (filter: PacketFilter): string => `${TIMER_RUNS} || exit 3
(${filter.off}); if ${filter.isOff}; then exit 0; fi
sh ${FOLDER}/back now; exit 4`;

/** Loads the rules now. */
export const BACK_NOW = `[ -e ${FOLDER}/back ] || { echo "no rules are waiting to come back"; exit 1; }
${IS_OURS}
sh ${FOLDER}/back now && ours "$p" && kill "$p" 2>/dev/null; [ ! -e ${FOLDER} ]`;

/** What a person types on the host to have the rules back at once. */
export const BACK_BY_HAND = `sh ${quoteWord(`${FOLDER}/back`)} now`;
