import {
  formatCheckpoint,
  formatKey,
  parseCheckpoint,
  parseKey,
  readSealLine,
} from "../../src/codec/checkpoint.ts";
import { readAnchors } from "../../src/core/seal/anchors.ts";
import { newKey, siteOf } from "../../src/core/seal/ed25519.ts";
import { keyName, readKeyList } from "../../src/core/seal/key-list.ts";
import { latin1 } from "../../src/lib/bytes.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

const key = newKey();
const site = siteOf(key.public);
const keyText = `oob-key-v1 ${site} 1 1795348840959 ${key.public}`;
const keyLine = `${keyText} ${key.sign(keyText)}`;
const list = readKeyList(`${keyLine}\n`, undefined);
const text = `oob-checkpoint-v1 web1@${site} 20261122T120000Z 7 28 1795348840959 ${"0a".repeat(32)} 1`;
const line = `${text} ${key.sign(text)}`;

/** Lists of keys and anchors from hands that are not ours: one text for one meaning, and nothing unsigned counts. */
const target: FuzzTarget = {
  seeds: [`${keyLine}\n`, `${line}\n`, `<13>1 2026-11-22T12:00:00Z box oob - - - ${line}\r\n`].map(
    latin1,
  ),
  run(input) {
    const given = Buffer.from(input).toString("latin1");
    for (const one of given.split("\n")) {
      const [point, record] = [parseCheckpoint(one), parseKey(one)];
      if (point && formatCheckpoint(point) !== one) throw new Error(`two texts for one: ${one}`);
      if (record && formatKey(record) !== one) throw new Error(`two texts for one: ${one}`);
      const found = readSealLine(one);
      if (found.is === "checkpoint" && formatCheckpoint(found.checkpoint) !== found.line)
        throw new Error(`a line that is not what it says: ${one}`);
    }
    for (const point of readAnchors(given, "web1", list).points)
      if (formatCheckpoint(point) !== line)
        throw new Error(`an anchor that nobody signed: ${given}`);
    const { first, problems } = readKeyList(given, keyName({ key: key.public }));
    if (problems.length === 0 && (!first || !given.startsWith(`${keyLine}\n`)))
      throw new Error(`a list that proves nothing: ${given}`);
  },
};

export default target;
