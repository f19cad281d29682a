import { timelineSubject } from "../codec/timeline-subject.ts";
import { codecTarget } from "./fuzz-target.ts";

/** The timeline of a sealed log. */
export default codecTarget(timelineSubject);
