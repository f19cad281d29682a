import { conserverLogSubject } from "../codec/stamped-log-subject.ts";
import { codecTarget } from "./fuzz-target.ts";

export default codecTarget(conserverLogSubject);
