import fc from "fast-check";
import { expect, test } from "vitest";
import { expandHosts, globMatches, isUrl, namesGroup } from "../../src/lib/host-list.ts";

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
  [[], /none is named/],
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

const GROUPS = new Map([
  ["web", ["web1", "web2", "web3", "web10"]],
  ["gone", ["web99"]],
]);

test.each([
  [["@web,!web2"], ["web1", "web3", "web10"]],
  [
    ["*", "!@web"],
    ["db1", "node08", "node09", "node10"],
  ],
  [
    ["db1 @web", "!web[1-3]"],
    ["db1", "web10"],
  ],
  [["web1, db1"], ["web1", "db1"]],
  [["[wd][1]"], []],
  [["node[0-1][0,8-9]"], []],
])("expandHosts() reads groups and blanks in %j", (words, hosts) => {
  if (hosts.length > 0) expect(expandHosts(words, KNOWN, GROUPS)).toEqual(hosts);
  else expect(() => expandHosts(words, KNOWN, GROUPS)).toThrow(/, in "|where numbers belong/);
});

test.each([
  [["@wbe"], 'Cannot find group "@wbe": no entry has this name', 'Did you mean "@web"?'],
  [["@gone"], 'Cannot find host "web99": no entry has this name, in "@gone"', "Hosts: web1"],
  [["web[9-10]"], 'Cannot find host "web9": no entry has this name, in "web[9-10]"', "web1"],
  [["@"], 'Cannot read the host list "@": it has an empty part', "Forms:"],
])("expandHosts() says which part of %j is wrong", (words, message, hint) => {
  expect(() => expandHosts(words, KNOWN, GROUPS)).toThrow(
    expect.objectContaining({ message, hint: expect.stringContaining(hint) }),
  );
});

test("expandHosts() keeps the order typed and takes ten thousand hosts in no time", () => {
  const many = Array.from({ length: 10_000 }, (_, n) => `n${String(n).padStart(4, "0")}`);
  expect(expandHosts(["n9999", "n[0000-9998]"], many)[0]).toBe("n9999");
  expect(expandHosts(["n[0-9][0-9][0-9][0-9]"], many)).toEqual(many);
});

test("namesGroup() sees groups and nothing else", () => {
  const yes = [["@a"], ["web1,@a"], ["!@a"], ["web1 @a"]];
  const no = [["web1"], ["snmp://a@b"], ["root@web1"]];
  expect(yes.map(namesGroup)).toEqual(yes.map(() => true));
  expect(no.map(namesGroup)).toEqual(no.map(() => false));
});
