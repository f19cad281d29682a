import { type KeyRecord, keyText, parseKey } from "../../codec/checkpoint.ts";
import { signatureCheck, siteOf } from "./ed25519.ts";

/** A key as people keep it: "ed25519:" and 64 hexadecimal digits. */
export const keyName = ({ key }: Pick<KeyRecord, "key">): string => `ed25519:${key}`;

/** The public keys of a site, proven from the first on. */
export interface KeyList {
  readonly first: KeyRecord | undefined;
  /** What is wrong with the list itself. */
  readonly problems: readonly string[];
  /** Whether that key signed that text; false where the list does not prove the key. */
  readonly signed: (key: number, text: string, signature: string) => boolean;
}

/** Reads a list of keys, and proves each by the one before. `expected`: the first key, as it was kept elsewhere. */
export function readKeyList(text: string | undefined, expected: string | undefined): KeyList {
  const problems: string[] = [];
  const checks: ReturnType<typeof signatureCheck>[] = [];
  const lines = text === undefined || text === "" ? [] : text.split("\n");
  if (lines.length === 0) problems.push("the list of keys is missing");
  else if (lines.pop() !== "") problems.push("the list of keys ends in the middle of a line");
  let first: KeyRecord | undefined;
  for (const [n, line] of lines.entries()) {
    const record = parseKey(line);
    const why = record === undefined ? "is none" : misplaced(record, n, first, checks);
    if (record === undefined || why !== undefined) {
      problems.push(`line ${n + 1} of the list of keys ${why}`);
      break;
    }
    first ??= record;
    checks.push(signatureCheck(record.key));
  }
  if (expected !== undefined && first && keyName(first) !== expected)
    problems.push(
      `the list of keys begins with ${keyName(first)}, not with the key that was given`,
    );
  const signed: KeyList["signed"] = (key, signedText, signature) =>
    checks[key - 1]?.(signedText, signature) ?? false;
  return { first, problems, signed };
}

function misplaced(
  record: KeyRecord,
  n: number,
  first: KeyRecord | undefined,
  checks: readonly ReturnType<typeof signatureCheck>[],
): string | undefined {
  const { site, number, key, signature } = record;
  if (number !== n + 1) return `has number ${number}`;
  if (site !== (first?.site ?? siteOf(key))) return "is of another site";
  const check = checks[n - 1] ?? signatureCheck(key);
  return check(keyText(record), signature) ? undefined : "is not signed by the key before it";
}
