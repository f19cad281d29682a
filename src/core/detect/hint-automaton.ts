/**
 * Aho-Corasick over the hints of all rules, straight on bytes. Built once, shared by every console: one table look-up
 * per byte decides whether a row of console output is worth an expression at all.
 *
 * Bytes that need a hand (line ends, escapes, backspace, other controls) lead to special states above all
 * others, so that the reading loop has one comparison: `next >= firstSpecial`.
 */
export interface HintAutomaton {
  /** Class of each byte, letters folded to lower case. */
  readonly classes: Uint8Array;
  /** `next[(state << shift) | class]`. */
  readonly next: Uint16Array;
  readonly shift: number;
  /** States from here on end a hint, or are one of the special ones. */
  readonly firstSpecial: number;
  /** States from here on stand for a special byte. */
  readonly firstByteState: number;
  /** Hints that end in a state, by `state - firstSpecial`. */
  readonly ends: readonly (readonly number[])[];
}

/** What a special byte asks for; the state is `firstByteState` plus this. */
export const SPECIAL = { feed: 0, carriage: 1, escape: 2, back: 3, skip: 4 } as const;

const SPECIAL_COUNT = 5;

interface Node {
  readonly next: Map<number, Node>;
  fail: Node | undefined;
  ends: number[];
  id: number;
}

const newNode = (): Node => ({ next: new Map(), fail: undefined, ends: [], id: 0 });

/** The special meaning of a byte, or undefined where it is plain text (tab counts as text). */
export function specialOf(byte: number): number | undefined {
  if (byte === 0x0a) return SPECIAL.feed;
  if (byte === 0x0d) return SPECIAL.carriage;
  if (byte === 0x1b) return SPECIAL.escape;
  if (byte === 0x08) return SPECIAL.back;
  if (byte === 0x09) return undefined;
  // 0xFF is no UTF-8 and no letter of a console: an idle or broken line.
  return byte < 0x20 || byte === 0x7f || byte === 0xff ? SPECIAL.skip : undefined;
}

function plant(hints: readonly string[]): Node {
  const root = newNode();
  hints.forEach((hint, number) => {
    let node = root;
    for (let i = 0; i < hint.length; i++) {
      const byte = hint.charCodeAt(i);
      let child = node.next.get(byte);
      if (!child) {
        child = newNode();
        node.next.set(byte, child);
      }
      node = child;
    }
    node.ends.push(number);
  });
  return root;
}

/** Breadth first: every node gets its longest proper suffix, and the hints that end with it. */
function link(root: Node): Node[] {
  const order: Node[] = [root];
  for (const node of order) {
    for (const [byte, child] of node.next) {
      let back = node.fail;
      while (back && !back.next.has(byte)) back = back.fail;
      child.fail = back?.next.get(byte) ?? root;
      child.ends.push(...child.fail.ends);
      order.push(child);
    }
  }
  return order;
}

/** Plain states first, then those that end a hint: the reading loop compares once. */
function number(order: readonly Node[]): { plain: number; ending: Node[] } {
  const ending = order.filter((node) => node.ends.length > 0);
  let plain = 0;
  for (const node of order) if (node.ends.length === 0) node.id = plain++;
  ending.forEach((node, i) => {
    node.id = plain + i;
  });
  return { plain, ending };
}

/** Byte classes: one for each byte that a hint holds, one for all other text, one for each special meaning. */
function classify(hints: readonly string[]): { classes: Uint8Array; members: number[] } {
  const classes = new Uint8Array(256);
  const members = [...new Set(Buffer.from(hints.join(""), "latin1"))];
  members.forEach((byte, i) => {
    classes[byte] = i + 1;
  });
  for (let byte = 0x41; byte <= 0x5a; byte++) classes[byte] = classes[byte + 0x20] ?? 0;
  for (let byte = 0; byte < 256; byte++) {
    const special = specialOf(byte);
    if (special !== undefined) classes[byte] = members.length + 1 + special;
  }
  return { classes, members };
}

/** Builds the automaton. Hints are lower-case ASCII without control characters. */
export function buildAutomaton(hints: readonly string[]): HintAutomaton {
  const root = plant(hints);
  const order = link(root);
  const { plain, ending } = number(order);
  const { classes, members } = classify(hints);
  const shift = Math.ceil(Math.log2(members.length + 1 + SPECIAL_COUNT));
  const firstByteState = order.length;
  if (firstByteState + SPECIAL_COUNT > 0xffff) throw new RangeError("Too many hints for one table");
  const next = new Uint16Array(firstByteState << shift);
  for (const node of order) {
    const row = node.id << shift;
    const inherited = node.fail ? node.fail.id << shift : undefined;
    members.forEach((byte, i) => {
      const child = node.next.get(byte);
      next[row | (i + 1)] =
        child?.id ?? (inherited === undefined ? 0 : (next[inherited | (i + 1)] ?? 0));
    });
    for (let special = 0; special < SPECIAL_COUNT; special++)
      next[row | (members.length + 1 + special)] = firstByteState + special;
  }
  return {
    classes,
    next,
    shift,
    firstSpecial: plain,
    firstByteState,
    ends: ending.map((n) => n.ends),
  };
}
