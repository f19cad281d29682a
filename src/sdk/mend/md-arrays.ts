/** A Linux software RAID as /proc/mdstat shows it. Source: Linux drivers/md/md.c, md_seq_show(). */
export interface MdArray {
  readonly name: string;
  readonly level: string;
  readonly active: boolean;
  /** Members by the kernel's names; failed ones and spares are marked. */
  readonly members: readonly { readonly name: string; readonly is: "in" | "failed" | "spare" }[];
  /** `[2/1]`: how many it should have, and has. Undefined where it has no redundancy. */
  readonly wanted: number | undefined;
  readonly working: number | undefined;
  /** Recovery, resync or check under way: its line. */
  readonly work: string | undefined;
}

const MAX_ARRAYS = 100;

function readMembers(text: string): MdArray["members"] {
  return [...text.matchAll(/([\w.!-]{1,60})\[\d{1,5}\]((?:\([A-Z]\))*)/g)].map(
    ([, name = "", marks = ""]) => ({
      name,
      is: marks.includes("(F)") ? "failed" : marks.includes("(S)") ? "spare" : "in",
    }),
  );
}

/** The arrays of /proc/mdstat. */
export function readMdstat(text: string): MdArray[] {
  const parts = text.slice(0, 256 * 1024).split(/^(?=md[\w]{1,30} : )/m);
  return parts.slice(0, MAX_ARRAYS).flatMap((part) => {
    const head =
      /^(md\w{1,30}) : (active|inactive)(?: \([a-z-]{1,20}\))?(?: ([a-z]+\d*))? ?([^\n]{0,2000})/.exec(
        part,
      );
    if (!head) return [];
    const [, name = "", state, level = "", rest = ""] = head;
    const counts = /\[(\d{1,4})\/(\d{1,4})\] \[[U_]{1,400}\]/.exec(part);
    const work =
      /^\s*(?:\[[=>.]{1,60}\]\s*)?((?:recovery|resync|reshape|check) ?= ?[^\n]{1,200})/m.exec(part);
    return {
      name,
      level,
      active: state === "active",
      members: readMembers(rest),
      wanted: counts ? Number(counts[1]) : undefined,
      working: counts ? Number(counts[2]) : undefined,
      work: work?.[1]?.trim(),
    };
  });
}

/** Fewer members work than it should have, or it does not run at all. */
export const isDegraded = ({ active, wanted, working }: MdArray): boolean =>
  !active || (wanted !== undefined && working !== undefined && working < wanted);
