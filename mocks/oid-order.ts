/** Order of the tree: arc by arc, as numbers. */
export function compareOids(one: string, other: string): number {
  const left = one.split(".");
  const right = other.split(".");
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = Number(left[i] ?? -1) - Number(right[i] ?? -1);
    if (difference !== 0) return Math.sign(difference);
  }
  return 0;
}
