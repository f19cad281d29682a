import { expect, test, vi } from "vitest";
import wol from "../../../drivers/power/wol.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import { ManualClock } from "../../../src/lib/clock.ts";
import { failureOf } from "../console/socket-suite.ts";
import { contextWith } from "./context.ts";

const asked: string[] = [];
let answer: Promise<{ address: string }>;
// The name service is beyond the wire: one that does not answer cannot be had in a test otherwise.
vi.mock("node:dns/promises", () => ({
  lookup: (name: string) => {
    asked.push(name);
    return answer;
  },
}));

async function wake(clock: ManualClock) {
  const { values } = readOptions(wol.options, {
    machines: ["web1=00:25:90:1b:2c:3d"],
    to: "lan-a",
  });
  const pdu = await wol.open(values, { ...contextWith(), clock });
  return failureOf(pdu.command("web1", "on"));
}

test("a name service that does not answer ends the order, and nothing is sent afterwards", async () => {
  const clock = new ManualClock();
  let late: ((found: { address: string }) => void) | undefined;
  answer = new Promise((resolve) => {
    late = resolve;
  });
  const waking = wake(clock);
  await expect.poll(() => asked).toEqual(["lan-a"]);
  await clock.advance(5000);
  expect(await waking).toMatchObject({
    code: "PDU_REFUSED",
    message: "Cannot send a packet to wol lan-a: the name service does not answer within 5s",
  });
  late?.({ address: "127.0.0.1" });
});

test("a name that is none is said so", async () => {
  answer = Promise.reject(new Error("getaddrinfo ENOTFOUND lan-a"));
  expect((await wake(new ManualClock())).message).toContain("ENOTFOUND lan-a");
});
