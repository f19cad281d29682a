import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { contains, networkAround, networkText, readNetwork } from "../../src/codec/ip-networks.ts";

const text = (word: string): string | undefined => {
  const network = readNetwork(word);
  return network && networkText(network);
};

test.each([
  ["192.0.2.7", "192.0.2.7"],
  ["192.0.2.7/24", "192.0.2.0/24"],
  ["0.0.0.0/0", "0.0.0.0/0"],
  ["2001:DB8:0:0:0:0:0:1", "2001:db8::1"],
  ["2001:db8:0:1:0:0:0:1", "2001:db8:0:1::1"],
  ["::", "::"],
  ["::1", "::1"],
  ["1::", "1::"],
  ["2001:db8::/32", "2001:db8::/32"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
  ["2001:0:0:1::2", "2001:0:0:1::2"],
  ["192.0.2.07", undefined],
  ["192.0.2", undefined],
  ["192.0.2.256", undefined],
  ["192.0.2.1/33", undefined],
  ["1:2:3:4:5:6:7:8:9", undefined],
  ["1::2::3", undefined],
  ["1:2:3:4:5:6:7::8", undefined],
  [":1", undefined],
  ["::1/129", undefined],
  ["$(reboot)", undefined],
  ["", undefined],
])("readNetwork(%j) is %s", (word, wanted) => {
  expect(text(word)).toBe(wanted);
});

describe("networks", () => {
  const address = fc.oneof(fc.ipV4(), fc.ipV6());

  it("networkText() is read back as the same network", () => {
    fc.assert(
      fc.property(address, fc.nat(128), (word, prefix) => {
        const read = readNetwork(word);
        if (!read) throw new Error(`"${word}" was not read`);
        const around = networkAround(read, prefix);
        // An IPv4 address in IPv6 is written as one, and read as IPv4.
        if (around.version === 6 && around.value >> 32n === 0xffffn) return;
        expect(readNetwork(networkText(around)), networkText(around)).toEqual(around);
        expect(contains(around, read)).toBe(true);
      }),
    );
  });

  it("contains() knows what is inside and what is not", () => {
    const has = (outer: string, inner: string) =>
      contains(readNetwork(outer)!, readNetwork(inner)!);
    expect(has("10.0.0.0/8", "10.255.1.2")).toBe(true);
    expect(has("10.0.0.0/8", "11.0.0.0")).toBe(false);
    expect(has("10.0.0.1", "10.0.0.0/8")).toBe(false);
    expect(has("::/0", "10.0.0.1")).toBe(false);
  });

  it("readNetwork() takes whatever text", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(..."0123456789abf:./%xé".split("")) }),
        (word) => {
          const read = text(word);
          if (read !== undefined) expect(text(read)).toBe(read);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
