import {
  type JsonMember,
  JsonMembers,
  MAX_NAME_BYTES,
  MAX_VALUE_BYTES,
} from "../../src/codec/json-members.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import type { Subject } from "../codec/subject.ts";
import { codecTarget } from "./fuzz-target.ts";

/** Every second name is wanted, so that values are passed over, too. */
export const jsonMembersSubject: Subject<JsonMembers, JsonMember> = {
  make: () => new JsonMembers((name) => name.length % 2 === 0),
  feed: (machine, bytes) => machine.receive(bytes),
  join: (events) => events,
  held: (machine) => machine.held,
  bound: Math.max(MAX_NAME_BYTES, MAX_VALUE_BYTES),
  words: [
    '{"ab": {"CVE-2023-1": {"releases": {"bookworm": {"status": "open"}}}}, ',
    '"c": [1, "}", "\\"]"], ',
    '"de": "x"',
    "{",
    "}",
    ",",
    '"',
    "\\",
    ":",
    "[]",
    " \n",
  ].map(utf8),
};

export default codecTarget(jsonMembersSubject);
