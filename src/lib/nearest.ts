/** The known name that somebody most likely meant, or undefined where none is near. */
export function nearest(wrong: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  // One slip in a short name, two or three in a long one.
  let least = Math.max(1, Math.floor(wrong.length / 3)) + 1;
  for (const name of known) {
    const distance = editDistance(wrong.toLowerCase(), name.toLowerCase(), least);
    if (distance < least) {
      best = name;
      least = distance;
    }
  }
  return best;
}

/** `Did you mean "x"?`, also for the beginning of one name alone, or the list where it is short, or undefined. */
export function nameHint(wrong: string, known: readonly string[]): string | undefined {
  const longer = known.filter((name) => name.startsWith(wrong));
  const near = nearest(wrong, known) ?? (wrong && longer.length === 1 ? longer[0] : undefined);
  if (near !== undefined) return `Did you mean "${near}"?`;
  if (known.length === 0 || known.length > MAX_LISTED) return undefined;
  return `Known: ${known.join(", ")}`;
}

const MAX_LISTED = 40;

/** Optimal string alignment distance: insert, delete, replace, swap of neighbours. Stops counting at `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let least = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        least = Math.min(least, at(before, j - 2) + 1);
      row.push(least);
    }
    before = last;
    last = row;
  }
  return Math.min(at(last, b.length), limit);
}

const at = (row: readonly number[], index: number): number => row[index] ?? 0;
