import { OobError } from "../../src/lib/errors.ts";
import { expandHosts, isUrl, namesGroup } from "../../src/lib/host-list.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

const KNOWN = ["web1", "web2", "web10", "db1", "db02"];
const GROUPS = new Map([["db", ["db1", "db02"]]]);
const MOST = 10_000;

/** Host lists give known hosts, each once, and never too many; or say what is wrong. */
const target: FuzzTarget = {
  seeds: [
    "web[1-2,10]",
    "web*,!web2",
    "@db web1",
    "db[01-02]",
    "!@db",
    "w[1][2]",
    "a?b",
    "x:y",
  ].map((word) => Buffer.from(word)),
  run(input) {
    const words = Buffer.from(input).toString("utf8").split("\n");
    namesGroup(words);
    let hosts: string[] = [];
    try {
      hosts = expandHosts(words, KNOWN, GROUPS);
    } catch (thrown) {
      if (!(thrown instanceof OobError)) throw thrown;
      return;
    }
    if (hosts.length === 0 || hosts.length > MOST) throw new Error(`${hosts.length} hosts`);
    if (new Set(hosts).size < hosts.length) throw new Error("a host twice");
    if (!hosts.every((host) => KNOWN.includes(host) || isUrl(host)))
      throw new Error("unknown host");
  },
};

export default target;
