import { quoteWord } from "oob/codec/shell-words";
import {
  defineRunbook,
  isDegraded,
  type MdArray,
  minutes,
  must,
  OobError,
  printable,
  type RunbookHands,
  readMdstat,
  seconds,
  textOf,
} from "oob/sdk";

const MAX_ASKED = 20;
const PATH = /^\/dev\/[\w/.:-]{1,120}$/;

async function look(hands: RunbookHands): Promise<MdArray[]> {
  const text = await must(hands, "cat /proc/mdstat 2>/dev/null; true", "read /proc/mdstat");
  const arrays = readMdstat(text);
  hands.report.table(
    "Arrays",
    arrays.map((one) => ({
      array: one.name,
      level: one.level,
      members: one.members
        .map(({ name, is }) => (is === "in" ? name : `${name} (${is})`))
        .join(" "),
      working: `${one.working ?? "?"} of ${one.wanted ?? "?"}`,
      work: one.work ?? "",
    })),
  );
  return arrays;
}

/**
 * A member is taken back only where its own superblock says that it belongs to this array: to write over a disk that is
 * somebody else's cannot be undone.
 */
const belongs = (array: string, device: string): string => `a=/dev/${array}; d=${quoteWord(device)}
[ -b "$d" ] || { echo "$d is no block device"; exit 1; }
if grep -q "^$d " /proc/mounts || grep -q "^$d " /proc/swaps; then echo "$d is in use"; exit 1; fi
want=$(mdadm --detail --export "$a" | sed -n 's/^MD_UUID=//p')
has=$(mdadm --examine --export "$d" 2>/dev/null | sed -n 's/^MD_UUID=//p')
[ -n "$want" ] && [ "$has" = "$want" ] || { echo "$d is no member of $a by its superblock"; exit 1; }`;

const readd = (array: string, device: string): string => `${belongs(array, device)}
mdadm --manage "$a" --remove "$d" 2>/dev/null
mdadm --manage "$a" --re-add "$d" || mdadm --manage "$a" --add "$d"`;

/** Block devices whose superblock names this array, and which are not in it: `out DEVICE`. */
const outside = (array: string): string => `a=/dev/${array}
want=$(mdadm --detail --export "$a" 2>/dev/null | sed -n 's/^MD_UUID=//p')
if [ -n "$want" ]; then
  while read -r x y z n; do
    d=/dev/$n; [ -b "$d" ] || continue
    [ "$(mdadm --examine --export "$d" 2>/dev/null | sed -n 's/^MD_UUID=//p')" = "$want" ] || continue
    grep "^${array} :" /proc/mdstat | tr ' ' '\\n' | grep -v '(F)$' | grep -q "^$n\\[" || echo "out $d"
  done </proc/partitions
fi
true`;

const settingsFor = (array: string, device: string): string =>
  `--set array=${array} --set device=${device}`;

/** What a person could take back, as it is typed. */
async function proposals(hands: RunbookHands, degraded: readonly MdArray[]): Promise<string[]> {
  const found: string[] = [];
  for (const { name, active } of degraded.slice(0, MAX_ASKED)) {
    if (!active) {
      hands.note(
        `${name} is not running: a member has to start it first, "mdadm --run /dev/${name}"; it may have fewer disks than it needs`,
      );
      continue;
    }
    const text = await must(hands, outside(name), `find members of ${name}`, minutes(5));
    for (const row of text.split("\n").slice(0, MAX_ASKED)) {
      const device = row.startsWith("out ") ? row.slice(4) : "";
      if (!PATH.test(device)) continue;
      hands.note(`${device} belongs to ${name} by its superblock, and is out of it`);
      found.push(settingsFor(name, device));
    }
  }
  return found;
}

/** A degraded md array: says which member is out, and takes back the one that is named. */
export default defineRunbook({
  title: "Look after a degraded RAID",
  summary:
    "Names degraded md arrays; takes back the member that is named, if its superblock says that it belongs there",
  risk: "type",
  sources: ["mdadm(8): --re-add, --add, --examine", "Linux drivers/md/md.c: /proc/mdstat"],
  needs: ["login"],
  on: ["linux"],
  options: {
    array: { kind: "text", summary: "md0; with device" },
    device: { kind: "text", summary: "the member to take back: /dev/sdb1" },
  },
  timeout: minutes(20),
  async run(hands) {
    const { console, host, step, act, options, dryRun } = hands;
    const array = textOf(options, "array");
    const device = textOf(options, "device");
    if ((array === "") !== (device === "") || (device !== "" && !PATH.test(device)))
      throw new OobError(
        "RUNBOOK_INVALID",
        `Cannot take a member back at ${host.name}: array and device have to name them, as in md0 and /dev/sdb1`,
      );
    await step("log in", () => console.login(seconds(60)));
    await step("identify", () => hands.identify());
    const arrays = await step("look", () => look(hands));
    const degraded = arrays.filter(isDegraded);
    if (degraded.length === 0)
      return `${host.name}: ${arrays.length === 0 ? "no md array" : `none of ${arrays.length} md arrays is degraded`}`;
    const names = degraded
      .map(({ name, working, wanted }) => `${name} (${working ?? "?"} of ${wanted ?? "?"})`)
      .join(", ");
    if (array === "") {
      const known = await step("find its members", () => proposals(hands, degraded));
      return {
        verdict: "act",
        text: `${host.name}: degraded: ${names}; ${known.length === 0 ? "no disk says that it belongs there and is out: replace the one that is gone" : `a member is taken back with ${known.join(", or ")}`}`,
      };
    }
    const wanted = degraded.find(({ name }) => name === array);
    if (!wanted)
      throw new OobError(
        "RUNBOOK_FAILED",
        `Cannot take "${printable(device, 60)}" back at ${host.name}: ${printable(array, 40)} is not degraded`,
      );
    if (!wanted.active)
      throw new OobError(
        "RUNBOOK_FAILED",
        `Cannot take "${printable(device, 60)}" back at ${host.name}: ${printable(array, 40)} does not run`,
        { hint: `Start it with the members it has: mdadm --run /dev/${wanted.name}` },
      );
    await step("check", () =>
      must(hands, belongs(wanted.name, device), `see that ${device} belongs to ${array}`),
    );
    await step("take back", () =>
      act(
        `take ${device} back into ${array}`,
        () => must(hands, readd(wanted.name, device), `take ${device} back`, minutes(2)),
        { undo: `mdadm --manage /dev/${wanted.name} --fail ${device} --remove ${device}` },
      ),
    );
    if (dryRun)
      return { verdict: "act", text: `${host.name} was left as it is; degraded: ${names}` };
    const after = (await step("prove", () => look(hands))).find(({ name }) => name === array);
    if (after && !isDegraded(after))
      return { verdict: "look", text: `${array} of ${host.name} is whole again` };
    if (after?.work !== undefined)
      return { verdict: "look", text: `${array} of ${host.name}: ${printable(after.work, 120)}` };
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot see ${array} of ${host.name} mend: it is degraded, and no recovery runs`,
      { hint: "Look at: mdadm --detail, dmesg" },
    );
  },
});
