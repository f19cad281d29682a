import { ESCAPE_PROFILES } from "../../src/codec/escape-profile.ts";
import { escapeSubject } from "../codec/escape-subject.ts";
import { codecTarget, type FuzzTarget } from "./fuzz-target.ts";

const targets = ESCAPE_PROFILES.map((profile) => codecTarget(escapeSubject(profile)));

/** Every profile, on the same keys. */
const target: FuzzTarget = {
  seeds: targets[0]?.seeds ?? [],
  run: (input) => {
    for (const one of targets) one.run(input);
  },
};

export default target;
