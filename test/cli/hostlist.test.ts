import fc from "fast-check";
import { expect, test } from "vitest";
import { expandHosts, globMatches, isUrl } from "../../src/cli/hostlist.ts";

const KNOWN = ["web1", "web2", "web3", "web10", "db1", "node08", "node09", "node10"];

test.each([
  [["web1"], ["web1"]],
  [["web[1-3]"], ["web1", "web2", "web3"]],
  [["web[1,3],db1"], ["web1", "web3", "db1"]],
  [["node[08-10]"], ["node08", "node09", "node10"]],
  [["web*"], ["web1", "web2", "web3", "web10"]],
  [["web?"], ["web1", "web2", "web3"]],
  [
    ["web[1-3]", "!web2"],
    ["web1", "web3"],
  ],
  [["!db1", "web1,db1"], ["web1"]],
  [["db1", "db1", "db*"], ["db1"]],
  [
    ["telnet://ts1:7003", "web1"],
    ["telnet://ts1:7003", "web1"],
  ],
])("expandHosts() reads %j", (words, hosts) => {
  expect(expandHosts(words, KNOWN)).toEqual(hosts);
});

test.each([
  [["web4"], /^Cannot find host "web4"/],
  [["web[1-4]"], /^Cannot find host "web4"/],
  [["mail*"], /^Cannot find a host like "mail\*"/],
  [["!web1"], /only exclusions/],
  [["web1", "!web1"], /none is left/],
  [["web[1-"], /has a "\[" without "]"/],
  [["web1]"], /has a "]" without/],
  [["web[3-1]"], /counts backwards/],
  [["web[a]"], /where numbers belong/],
  [["web[0-99999999]"], /too many hosts/],
  [["web[0-9999][0-9999]"], /too many hosts/],
  [["web1,,web2"], /has an empty part/],
])("expandHosts() refuses %j instead of acting on fewer hosts", (words, message) => {
  expect(() => expandHosts(words, KNOWN)).toThrow(message);
});

test("expandHosts() names the near host in the hint", () => {
  expect(() => expandHosts(["wbe1"], KNOWN)).toThrow(
    expect.objectContaining({ hint: 'Did you mean "web1"?' }),
  );
});

test("isUrl() takes schemes only", () => {
  expect(["serial:/dev/ttyS0", "telnet://a:1", "qemu:/x"].every(isUrl)).toBe(true);
  expect(["web1", "web[1-3]", "!web1", ""].some(isUrl)).toBe(false);
});

test("expandHosts() gives known hosts only, or throws, whatever is typed", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 4 }), (words) => {
      let hosts: string[];
      try {
        hosts = expandHosts(words, KNOWN);
      } catch (thrown) {
        return (thrown as { name: string }).name === "OobError";
      }
      return hosts.every((host) => KNOWN.includes(host) || isUrl(host));
    }),
  );
});

test("globMatches() agrees with a regular expression", () => {
  const glob = fc.string({ unit: fc.constantFrom("a", "b", "*", "?"), maxLength: 8 });
  const name = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 8 });
  fc.assert(
    fc.property(glob, name, (pattern, text) => {
      const regexp = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
      expect(globMatches(pattern, text)).toBe(regexp.test(text));
    }),
  );
});
