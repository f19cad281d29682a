import { quoteWord } from "oob/codec/shell-words";
import {
  awaitLogin,
  defineRunbook,
  durationOf,
  isInMaintenance,
  minutes,
  must,
  OobError,
  printable,
  proveUp,
  type RunbookHands,
  seconds,
  textOf,
  type Verdict,
} from "oob/sdk";

/** A big file system takes its time; e2fsck(8) has no limit of its own. */
const CHECK_WITHIN = minutes(60);

/** e2fsck(8), EXIT CODE: bits of its status. */
const FSCK = { corrected: 1, reboot: 2, left: 4, cannot: 8 | 16 | 32 | 128 } as const;

/** One file system of the ext family that is not mounted writable. */
interface Found {
  readonly device: string;
  /** Where it is mounted read-only: "/" alone can be. */
  readonly root: boolean;
  readonly status: number;
}

const LOOK_AT = (device: string) => `root=
for w in $(cat /proc/cmdline); do case $w in root=*) root=\${w#root=} ;; esac; done
name() {
  case $1 in
    UUID=*|LABEL=*|PARTUUID=*|PARTLABEL=*) findfs "$1" 2>/dev/null || blkid -t "$1" -o device 2>/dev/null | head -n 1 ;;
    *) readlink -f "$1" ;;
  esac
}
# LVM's names are links here, and names in /proc/mounts.
mounted() {
  while read -r m rest; do
    case $m in /dev/*) [ "$(readlink -f "$m")" != "$1" ] || return 0 ;; esac
  done </proc/mounts
  return 1
}
check() {
  d=$(name "$1"); [ -b "$d" ] || return 0
  case " $done " in *" $d "*) return 0 ;; esac
  done="$done $d"
  case $(blkid "$d" 2>/dev/null) in *TYPE=\\"ext[234]\\"*) ;; *) return 0 ;; esac
  r=no; [ "$d" = "$rootdev" ] && r=yes
  if [ $r = no ] && mounted "$d"; then return 0; fi
  if [ $r = yes ] && grep -v '^rootfs ' /proc/mounts | grep -q '^[^ ]* / [^ ]* rw'; then return 0; fi
  e2fsck -n "$d" </dev/null >/dev/null 2>&1
  echo "fs $d $r $?"
}
done=; rootdev=$(name "$root")
${
  device === ""
    ? `check "$root"
if [ -r /etc/fstab ]; then
  while read -r spec file type options dump pass rest; do
    case $spec in ''|\\#*) continue ;; esac
    case $pass in ''|0) continue ;; esac
    check "$spec"
  done </etc/fstab
fi`
    : `check ${quoteWord(device)}`
}
true`;

/** Ends in a proven shell: the initramfs' own, or root's. */
async function reachShell(hands: RunbookHands): Promise<boolean> {
  const { console } = hands;
  await console.login(seconds(60));
  // initramfs-tools' init has no other file system mounted at its root than the initramfs.
  const { status } = await console.run("test -e /scripts/local && test -e /conf/initramfs.conf");
  if (status !== 0) await hands.identify();
  return status === 0;
}

async function look(hands: RunbookHands): Promise<Found[]> {
  const { console, host, options } = hands;
  const device = textOf(options, "device");
  const { text, status } = await console.capture(LOOK_AT(device), {
    within: CHECK_WITHIN,
    what: "what e2fsck -n says",
  });
  if (status !== 0)
    throw new OobError("RUNBOOK_FAILED", `Cannot look for file systems at ${host.name}`);
  const found = text.split("\n").flatMap((line) => {
    const match = /^fs (\/dev\/[\w./-]{1,200}) (yes|no) (\d{1,3})$/.exec(line);
    if (!match) return [];
    return { device: match[1] ?? "", root: match[2] === "yes", status: Number(match[3]) };
  });
  if (device !== "" && found.length === 0)
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot check "${printable(device, 80)}" at ${host.name}: it is no ext file system, is not there, or is mounted`,
      { hint: "A file system that is in use is checked from single-user mode" },
    );
  return found;
}

const isBroken = ({ status }: Found): boolean => (status & FSCK.left) !== 0;

/** What e2fsck could not check is not called free of errors. */
function nothingBroken(found: readonly Found[], stands: string, stopped: boolean) {
  const unknown = found.filter(({ status }) => (status & FSCK.cannot) !== 0);
  const which = unknown.map(({ device, status }) => `${device} (status ${status})`).join(", ");
  const verdict: Verdict = stopped || unknown.length > 0 ? "look" : "ok";
  const said = `${stands}, and none of ${found.length - unknown.length} file systems that could be checked has errors`;
  return { verdict, text: which === "" ? said : `${said}; e2fsck could not check ${which}` };
}

/** Repairs one file system, and has a second, full check find nothing. Returns whether the host has to reboot. */
async function repair(hands: RunbookHands, { device }: Found): Promise<boolean> {
  const { console, host, report } = hands;
  const { status, text } = await console.capture(`e2fsck -y ${quoteWord(device)} </dev/null 2>&1`, {
    within: CHECK_WITHIN,
    what: `e2fsck -y ${device}`,
  });
  report.text(`e2fsck -y ${device}, status ${status}`, text);
  if ((status & (FSCK.left | FSCK.cannot)) !== 0)
    throw new OobError(
      "RUNBOOK_FAILED",
      `Cannot repair ${device} at ${host.name}: e2fsck ended with ${status}, saying "${printable(text.trim().slice(-300), 300)}"`,
      { hint: "Its disk may be dying: look at dmesg before anything else, and take an image" },
    );
  await must(
    hands,
    `e2fsck -f -n ${quoteWord(device)} </dev/null 2>&1`,
    `see ${device} clean`,
    CHECK_WITHIN,
  );
  return (status & FSCK.reboot) !== 0;
}

/** Goes on where the boot stood; after a repair under a mounted root only a reboot does. */
async function goOn(hands: RunbookHands, reboots: boolean): Promise<void> {
  const { console, options } = hands;
  await console.send(reboots ? " reboot -f\r" : " exit\r");
  await awaitLogin(hands, durationOf(options, "boot-within", minutes(10)));
}

/** A file system that wants fsck by hand, at the initramfs' shell or in emergency mode. */
export default defineRunbook({
  title: "Repair a file system that stops the boot",
  summary:
    "At the initramfs or emergency prompt: repairs ext file systems that have errors, proves them clean, goes on to the login prompt",
  risk: "type",
  sources: [
    "e2fsck(8): -n, -y, EXIT CODE",
    "initramfs-tools: scripts/functions, checkfs() and panic()",
    "systemd-fsck@.service(8)",
  ],
  needs: ["login"],
  on: ["linux"],
  options: {
    device: { kind: "text", summary: "this one alone; else the root and every entry of fstab" },
    stay: { kind: "boolean", default: false, summary: "stay at the shell" },
    "boot-within": { kind: "duration", summary: "how long the rest of the boot may take (10m)" },
  },
  timeout: minutes(180),
  async run(hands) {
    const { host, step, act, note, options, dryRun, report } = hands;
    const early = await step("reach a shell", () => reachShell(hands));
    const found = await step("find what is broken", () => look(hands));
    report.table(
      "File systems, by e2fsck -n",
      found.map((one) => ({
        device: one.device,
        root: one.root ? "yes" : "no",
        status: one.status,
      })),
    );
    const broken = found.filter(isBroken);
    const stopped = early || (await isInMaintenance(hands));
    const state = early
      ? "stands in its initramfs"
      : stopped
        ? "stands in emergency mode"
        : "is up";
    if (broken.length === 0) return nothingBroken(found, `${host.name} ${state}`, stopped);
    const names = broken.map(({ device }) => device).join(", ");
    for (const { device, root } of broken)
      note(`${device}${root ? " (the root)" : ""} has errors: e2fsck -n ended with 4`);
    let reboots = false;
    for (const one of broken)
      await step(`repair ${one.device}`, () =>
        act(
          `e2fsck -y ${one.device}`,
          async () => {
            reboots = (await repair(hands, one)) || reboots;
          },
          { undo: "none: what fsck has written cannot be taken back; look into lost+found" },
        ),
      );
    const goesOn = stopped && options.stay !== true;
    if (goesOn)
      await step("go on with the boot", () =>
        act("leave the shell (or reboot where e2fsck asks for it), wait for the login prompt", () =>
          goOn(hands, reboots),
        ),
      );
    if (dryRun)
      return {
        verdict: "act",
        text: `${host.name} ${state} and was left as it is; errors on ${names}`,
      };
    const proof = goesOn
      ? await step("prove it healthy", () => proveUp(hands))
      : `${host.name} ${state}`;
    return { verdict: "look", text: `${proof}; repaired: ${names}` };
  },
});
