import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { createDetector } from "../../src/core/detect/create-detector.ts";
import { shippedRules } from "../core/detect/shipped-rules.ts";

const folder = import.meta.dirname;
const recordings = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .flatMap(({ name }) => readdirSync(`${folder}/${name}`).map((file) => `${name}/${file}`));

/** The first two lines are the header: the verdict, and why it is so. */
function read(file: string) {
  const whole = readFileSync(`${folder}/${file}`);
  const second = whole.indexOf(10, whole.indexOf(10) + 1);
  const wanted = /^# expect: (\S+ \S+)\n/.exec(whole.subarray(0, second).toString("utf8"))?.[1];
  return { wanted, bytes: whole.subarray(second + 1) };
}

test.each(recordings.map((file) => [file]))("%s: the verdict is that of its header", (file) => {
  const { wanted, bytes } = read(file);
  for (const size of [bytes.length, 1, 13]) {
    const detector = createDetector(shippedRules);
    for (let at = 0; at < bytes.length; at += size) detector.see(bytes.subarray(at, at + size), 0);
    const { state, class: kind, action } = detector.opinion;
    expect(`${state}:${kind} ${action}`).toBe(wanted);
  }
});
