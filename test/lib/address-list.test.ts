import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { expandAddresses, MAX_ADDRESSES } from "../../src/lib/address-list.ts";
import { OobError } from "../../src/lib/errors.ts";

const shown = (...words: string[]) =>
  expandAddresses(words).map(({ host, port }) => (port === undefined ? host : `${host} ${port}`));

describe("expandAddresses()", () => {
  test.each([
    [
      ["pdu1", "10.0.0.5"],
      ["pdu1", "10.0.0.5"],
    ],
    [["pdu1:1161"], ["pdu1 1161"]],
    [["10.0.0.0/30"], ["10.0.0.1", "10.0.0.2"]],
    [["10.0.0.6/31"], ["10.0.0.6", "10.0.0.7"]],
    [["10.0.0.5/32"], ["10.0.0.5"]],
    [["10.0.0.254-255"], ["10.0.0.254", "10.0.0.255"]],
    [["10.0.[1-2].[7,9]"], ["10.0.1.7", "10.0.1.9", "10.0.2.7", "10.0.2.9"]],
    [["pdu[08-10].mgmt"], ["pdu08.mgmt", "pdu09.mgmt", "pdu10.mgmt"]],
    [["a:[1-2]"], ["a 1", "a 2"]],
    [
      ["a,b", "a"],
      ["a", "b"],
    ],
    [
      ["::1", "[fe80::2]:1161"],
      ["::1", "fe80::2 1161"],
    ],
  ])("%j means %j", (words, wanted) => {
    expect(shown(...words)).toEqual(wanted);
  });

  test("the middle of a network is its own, whatever address it was named by", () => {
    expect(shown("10.1.2.3/29")).toEqual([1, 2, 3, 4, 5, 6].map((n) => `10.1.2.${n}`));
    expect(shown("192.168.255.0/24")).toHaveLength(254);
    expect(shown("10.0.0.0/20")).toHaveLength(4094);
  });

  test("an address of a range that was named by itself too counts as named", () => {
    const single = expandAddresses(["10.0.0.0/30", "10.0.0.2"]).filter((one) => one.single);
    expect(single.map(({ host }) => host)).toEqual(["10.0.0.2"]);
  });

  test.each(["", "a,", "10.0.0.0/19", "10.0.0.0/33", "300.0.0.1", "10.0.0.250-260", "a b", "-x"])(
    "refuses %j",
    (word) => {
      expect(() => expandAddresses([word])).toThrow(OobError);
    },
  );

  test("never throws anything but a word of ours, and never gives more than it may", () => {
    const piece = fc.constantFrom(...["10.0.0", ".", "1", "-", "/", "[", "]", ",", ":", "a", "24"]);
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        try {
          expect(expandAddresses([pieces.join("")]).length).toBeLessThanOrEqual(MAX_ADDRESSES);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(OobError);
        }
      }),
    );
  });
});
