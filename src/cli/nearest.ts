/** Names further away than this share of their length are no suggestion. */
const MAX_DISTANCE_SHARE = 0.5;
/** Longer words are typed by a program, not mistyped by a person. */
const MAX_WORD = 64;

/** The name that was most likely meant, if any is near. */
export function nearest(word: string, names: readonly string[]): string | undefined {
  if (word.length > MAX_WORD) return undefined;
  let best: { name: string; distance: number } | undefined;
  for (const name of names) {
    const distance = editDistance(word, name.slice(0, MAX_WORD));
    if (!best || distance < best.distance) best = { name, distance };
  }
  return best && best.distance <= Math.max(1, word.length * MAX_DISTANCE_SHARE)
    ? best.name
    : undefined;
}

/** Hint with the nearest name, or the whole short list. */
export function suggest(word: string, names: readonly string[]): string {
  const near = nearest(word, names);
  return near === undefined ? `Known: ${names.join(", ")}` : `Did you mean "${near}"?`;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, change));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
