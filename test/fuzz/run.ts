/*
 * npm run fuzz -- TARGET [N] [SEED]     N: a number of inputs (10000), or a time (60s). TARGET: a file here, or "all".
 * An input that breaks a promise is kept in corpus/TARGET/, where npm test replays it; then the exit status is 1.
 */
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDuration } from "../../src/lib/durations.ts";
import { messageOf } from "../../src/lib/errors.ts";
import { dice, fuzz } from "./fuzz.ts";
import { corpusOf, loadTarget, targetNames } from "./targets.ts";

const [, , wanted = "", amount = "10000", given] = process.argv;
const known = targetNames();
const names = wanted === "all" ? known : known.filter((name) => name === wanted);
const time = parseDuration(amount);
const inputs = time === undefined ? Number(amount) : Number.POSITIVE_INFINITY;
if (names.length === 0 || Number.isNaN(inputs)) {
  console.error(`usage: npm run fuzz -- TARGET [N|60s] [SEED]\ntargets: all, ${known.join(", ")}`);
  process.exit(64);
}

for (const name of names) {
  const target = await loadTarget(name);
  const seed = given === undefined ? Date.now() % 2 ** 32 : Number(given);
  const start = performance.now();
  const before = process.cpuUsage();
  const end = start + (time ?? Number.POSITIVE_INFINITY);
  // The clock is looked at once in 256 inputs.
  const more = (done: number) =>
    done < inputs && ((done & 255) !== 0 || done === 0 || performance.now() < end);
  const { done, crash } = await fuzz(target, dice(seed), more);
  const took = ((performance.now() - start) / 1000).toFixed(1);
  const { user, system } = process.cpuUsage(before);
  const busy = ((user + system) / 1e6).toFixed(1);
  const answers = target.answers ? ` (${target.answers()} answers)` : "";
  const bytes = target.bytes ? ` (${target.bytes()} bytes)` : "";
  console.log(
    `${name}: ${done} inputs${answers}${bytes} in ${took} s (${busy} s of CPU), seed ${seed}`,
  );
  if (crash === undefined) continue;
  const folder = corpusOf(name);
  mkdirSync(folder, { recursive: true });
  const digest = createHash("sha256").update(crash.input).digest("hex").slice(0, 12);
  writeFileSync(join(folder, digest), crash.input);
  console.error(`${name}: ${messageOf(crash.error).slice(0, 1000)}\nkept: ${join(folder, digest)}`);
  process.exitCode = 1;
}
