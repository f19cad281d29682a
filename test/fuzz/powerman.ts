import { powermanSubject } from "../codec/powerman-subject.ts";
import { codecTarget } from "./fuzz-target.ts";

export default codecTarget(powermanSubject);
