import { conserverConsole } from "../codec/conserver-subject.ts";
import { codecTarget } from "./fuzz-target.ts";

export default codecTarget(conserverConsole);
