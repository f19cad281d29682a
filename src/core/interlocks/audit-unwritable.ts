import { everybody, type Interlock } from "./interlock.ts";

/** What cannot be written down is not done. */
export const auditUnwritable: Interlock = {
  name: "audit-unwritable",
  askers: everybody,
  forceable: false,
  object: ({ auditWritable }) => (auditWritable ? undefined : "the audit trail cannot be written"),
};
