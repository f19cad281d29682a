import { defineRule } from "oob/sdk";

export default defineRule({
  means: "a file system found itself damaged or stopped",
  sources: [
    'Linux fs/ext4/super.c: "EXT4-fs error (device %s)"',
    'Linux fs/xfs/xfs_fsops.c: "Filesystem has been shut down"',
    "Linux fs/btrfs/super.c",
  ],
  state: "warning",
  class: "fs-error",
  action: "notify",
  view: "line",
  pattern:
    /^(?:EXT[234]-fs (?:error|warning|\(\S{1,40}\): (?:error|Remounting|.{0,60}(?:aborted|failed))).{0,200}|XFS \([^)]{1,60}\): .{0,120}(?:[Ss]hut(?:ting)? ?down|Corruption|[Cc]orrupt|[Ll]og I\/O [Ee]rror|metadata I\/O error)|BTRFS:? (?:critical|error) |Aborting journal on device |XFS: Internal error |FAT-fs \([^)]{1,40}\): error|UBIFS error |GFS2: fsid=.{1,60}: fatal: |OCFS2: ERROR |NILFS error |EROFS: .{0,40}corrupt|JBD2: .{0,120}(?:error|abort)|.{0,40}Remounting filesystem read-only|REISERFS error|SQUASHFS error|F2FS-fs .{0,80}(?:[Cc]orrupt|error))/,
  unless: /mounted filesystem/,
  hints: [
    "erofs: ",
    "-fs error",
    "-fs (",
    "xfs (",
    "btrfs",
    "jbd2: ",
    "remounting filesystem read-only",
    "aborting journal on",
    "xfs: internal error",
    "fat-fs (",
    "ubifs error",
    "gfs2: fsid=",
    "ocfs2: error",
    "nilfs error",
    "reiserfs error",
    "squashfs error",
    "f2fs-fs ",
  ],
  matches: [
    "EXT4-fs error (device vda): ext4_lookup:1855: inode #12: comm ls: deleted inode referenced",
    "Aborting journal on device sda1-8.",
    "FAT-fs (sda1): error, fat_get_cluster: invalid cluster chain",
    "EXT4-fs (sda1): Remounting filesystem read-only",
    "XFS (vdb): Filesystem has been shut down due to log error (0x2).",
  ],
  rejects: [
    "EXT4-fs (vda): mounted filesystem with ordered data mode.",
    "XFS (vdb): Mounting V5 Filesystem",
    "BTRFS info (device sda): disk space caching is enabled",
  ],
});
