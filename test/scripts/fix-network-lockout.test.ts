import { expect, test } from "vitest";
import fixNetworkLockout from "../../scripts/fix-network-lockout.ts";
import { Days } from "./daily-kit.ts";

test("rules that are off already are no reason to look elsewhere: with them off, no filter is found", async () => {
  const again = new Days(fixNetworkLockout).look({
    answers: { "see whether a timer runs": "", "find its packet filter": "none\n" },
  });
  await expect(again).rejects.toThrow("they are off already, and a timer runs");
});
