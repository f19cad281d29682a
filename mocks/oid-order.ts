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

/** Place of the first object behind an OID; with `least` 0, or at it. The objects are sorted. */
export function firstBehind(
  objects: readonly (readonly [string, unknown])[],
  oid: string,
  least: 0 | 1,
): number {
  let [from, to] = [0, objects.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (compareOids(objects[middle]?.[0] ?? "", oid) >= least) to = middle;
    else from = middle + 1;
  }
  return from;
}
