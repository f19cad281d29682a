import { latin1 } from "../../src/lib/bytes.ts";
import { Digest, parseChallenges } from "../../src/sdk/http/digest-auth.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

const SEEDS = [
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=SHA-256, nonce="7ypf/xlj9", opaque="FQhe/q"',
  'Basic realm="x", Digest realm="a \\"b\\"", nonce=1, stale=TRUE, algorithm=MD5-sess',
  "Negotiate, Basic",
];
/** What may stand in a header. */
const HEADER = /^[\t\x20-\x7e\x80-\xff]*$/;

/** WWW-Authenticate of a hostile device: an answer to it is a header, or none. */
const target: FuzzTarget = {
  seeds: SEEDS.map(latin1),
  run(input) {
    const header = Buffer.from(input).toString("latin1");
    const digest = Digest.best(parseChallenges(header));
    const answer = digest?.answer({ user: 'o"b', password: "p" }, "GET", "/x?y=1");
    if (answer === undefined || !HEADER.test(header) || HEADER.test(answer)) return;
    throw new Error(`answers ${JSON.stringify(answer)} to ${JSON.stringify(header)}`);
  },
};

export default target;
