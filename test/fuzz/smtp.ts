import { smtpSubject } from "../codec/smtp-subject.ts";
import { codecTarget } from "./fuzz-target.ts";

export default codecTarget(smtpSubject);
