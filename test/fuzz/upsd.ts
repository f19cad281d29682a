import { upsdSubject } from "../codec/upsd-subject.ts";
import { codecTarget } from "./fuzz-target.ts";

export default codecTarget(upsdSubject);
