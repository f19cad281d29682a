import { conmanLogSubject } from "../codec/stamped-log-subject.ts";
import { codecTarget } from "./fuzz-target.ts";

export default codecTarget(conmanLogSubject);
