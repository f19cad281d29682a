import { defineRunbook, minutes, must, printable, seconds } from "oob/sdk";

/**
 * How the root is mounted, and what the kernel says of disks. Seen at Debian's 6.1.0-50: after an error ext4 says
 * "Remounting filesystem read-only", writes nothing any more, and is called "rw" in /proc/mounts all the same.
 */
const STATE = `while read -r d m t o rest; do
  case $m in /) opts=$o; dev=$d ;; esac
done </proc/mounts
dev=$(readlink -f "$dev" 2>/dev/null || echo "$dev"); dev=\${dev##*/}
case ,$opts, in *,ro,*|*,emergency_ro,*) s=ro ;; *) s=rw ;; esac
dmesg 2>/dev/null | grep -F "($dev): Remounting filesystem read-only" | grep -q . && s=ro
echo "root $s"
dmesg 2>/dev/null | grep -E 'EXT[234]-fs error|Aborting journal|I/O error|Remounting filesystem read-only|XFS .*(Corruption|shutdown)|BTRFS.*forced readonly' | tail -n 20`;

/** Written and read back; gone in any case. */
const WRITABLE = `t=/etc/.oob-write-$$; w=1
echo probe >"$t" && [ "$(cat "$t")" = probe ] && w=0
rm -f "$t" && exit $w`;

/** Why the kernel refuses: files that were deleted and are open yet, after SysRq u, as after every upgrade of a library. */
const LAST_WORDS = "dmesg 2>/dev/null | tail -n 5; true";
const REFUSAL = /(?:EXT4|XFS|BTRFS)[^\n]{0,40}: Couldn't remount[^\n]{0,100}/;

/** A root that is read-only though nothing is wrong with it; a damaged one is not made writable. */
export default defineRunbook({
  title: "Make a read-only root writable again",
  summary:
    "Remounts a root that was only mounted read-only; one that the kernel made so because of errors is left to fsck",
  risk: "type",
  sources: [
    "mount(8): remount; ext4(5): errors=remount-ro",
    "Linux fs/ext4/super.c: EXT4-fs error, Aborting journal, Remounting filesystem read-only",
  ],
  needs: ["login"],
  on: ["linux"],
  options: {},
  timeout: minutes(15),
  async run(hands) {
    const { console, host, step, act, report, dryRun } = hands;
    await step("log in", () => console.login(seconds(60)));
    await step("identify", () => hands.identify());
    const [state, ...errors] = (
      await step("look", () => must(hands, `${STATE}\ntrue`, "read how its root is mounted"))
    )
      .trim()
      .split("\n");
    if (state === "root rw") return `the root of ${host.name} is writable`;
    if (errors.length > 0) {
      report.text("What the kernel says of its disks", errors.join("\n"));
      return {
        verdict: "act",
        text: `the root of ${host.name} is read-only because of errors ("${printable(errors.at(-1) ?? "", 120)}"): save what you can, reboot it, then oob run fix-fsck ${host.name}`,
      };
    }
    const refused = await step("remount", () =>
      act(
        "mount -o remount,rw /, write a file, read it back, remove it",
        async () => {
          const { status } = await console.capture("mount -o remount,rw /", { within: minutes(2) });
          if (status !== 0)
            return `mount ended with ${status}\n${await must(hands, LAST_WORDS, "read why it was refused")}`;
          await must(hands, WRITABLE, "write to its root");
          return "";
        },
        { undo: "mount -o remount,ro /" },
      ),
    );
    if (refused !== undefined && refused !== "") {
      report.text("What the kernel said last", refused);
      const why = REFUSAL.exec(refused)?.[0] ?? "see its last words in the report";
      return {
        verdict: "act",
        text: `the kernel of ${host.name} does not make its root writable (${printable(why, 120)}): reboot it`,
      };
    }
    if (dryRun)
      return {
        verdict: "act",
        text: `the root of ${host.name} is read-only without errors, and was left as it is`,
      };
    return `the root of ${host.name} is writable again; its kernel knows of no errors`;
  },
});
