import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ENTRY_BYTES } from "../../../src/codec/timeline.ts";
import { ConsoleLog } from "../../../src/core/log/console-log.ts";
import { GroupSync } from "../../../src/core/log/group-sync.ts";
import { type Disk, systemDisk } from "../../../src/core/log/log-disk.ts";
import { listSegments } from "../../../src/core/log/log-folder.ts";
import { DayKeys } from "../../../src/core/seal/day-keys.ts";
import { keyFiles, sealFolder } from "../../../src/core/seal/seal-files.ts";
import {
  type SealVerdict,
  type VerifyRequest,
  verifyLog,
} from "../../../src/core/seal/verify-log.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { NOON, newState } from "../log/log-kit.ts";

interface SealKitOptions {
  readonly state?: string;
  readonly segmentBytes?: number;
  readonly segmentAge?: number;
  readonly disk?: Disk;
  readonly clock?: ManualClock;
  /** false: the log is not sealed. */
  readonly sealed?: boolean;
}

/** A sealed log with a clock of its own. */
export function sealKit(options: SealKitOptions = {}) {
  const { disk, segmentBytes = 1 << 30, segmentAge, sealed = true } = options;
  const state = options.state ?? newState();
  const clock = options.clock ?? new ManualClock(NOON);
  const sync = new GroupSync({ clock, interval: 1000, failed: () => undefined });
  const keys = sealed ? new DayKeys(sealFolder(state), clock) : undefined;
  const folder = join(state, "console", "web1");
  return {
    state,
    clock,
    sync,
    folder,
    open: () =>
      new ConsoleLog({
        ...{ state, host: "web1", clock, sync, segmentBytes, keys },
        ...(disk && { disk }),
        ...(segmentAge !== undefined && { segmentAge }),
      }),
    verify: (more: Partial<VerifyRequest> = {}): Promise<SealVerdict> =>
      verifyLog({ folder, log: "web1", keys: keyFiles(sealFolder(state)).list, ...more }),
    /** All checkpoints, oldest first. */
    checkpoints: (): string[] =>
      listSegments(folder).flatMap((stem) =>
        readFileSync(join(folder, `${stem}.cp`), "latin1")
          .split("\n")
          .slice(0, -1),
      ),
  };
}

export type SealKit = ReturnType<typeof sealKit>;

/** A disk on which timelines can be refused. */
export function pickyDisk() {
  const disk = {
    refuses: false,
    write(fd: number, bytes: Uint8Array, from: number) {
      const isTimeline =
        bytes.length % ENTRY_BYTES === 0 && (bytes[36] ?? 1) + (bytes[37] ?? 1) === 0;
      if (disk.refuses && isTimeline)
        throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
      return systemDisk.write(fd, bytes, from);
    },
    datasync: systemDisk.datasync,
  };
  return disk;
}
