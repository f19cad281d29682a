import { ESCAPE_PROFILES } from "../../src/codec/escape-profile.ts";
import { escapeSubject } from "../codec/escape-subject.ts";
import { eachOf } from "./fuzz-target.ts";

/** The keys of every profile. */
export default eachOf(ESCAPE_PROFILES.map(escapeSubject));
