import { describe, expect, it } from "vitest";
import fixFstab from "../../scripts/fix-fstab.ts";
import type { RunbookHands } from "../../src/sdk/runbook.ts";

const FSTAB = Buffer.concat([
  Buffer.from("/dev/vda1 / ext4 rw 0 1\n# gr\xf6\xdfer\n", "latin1"),
  Buffer.from("/dev/gone /srv/\u00e0 ext4 rw 0 2\n"),
]);

/** Hands at a host that is up, whose fstab is this. */
function handsAt(fstab: Buffer) {
  const host = { fstab };
  const answer = (script: string): Buffer => {
    if (script === "cat /etc/fstab") return host.fstab;
    const lines = [...script.matchAll(/^look (\d+) /gm)].map((match) => match[1]);
    return Buffer.from(lines.map((line) => `${line} missing no inactive unknown\n`).join(""));
  };
  const just = (_: string, work: () => unknown) => work();
  const hands = {
    console: {
      login: async () => undefined,
      run: async () => ({ status: 1, output: "" }),
      capture: async (script: string) => {
        const bytes = answer(script);
        return { status: 0, bytes, text: bytes.toString("utf8") };
      },
      put: async (_: string, content: Uint8Array | string) => {
        host.fstab = Buffer.from(content as Uint8Array);
      },
    },
    host: { name: "web1" },
    options: {},
    identify: async () => undefined,
    step: just,
    act: just,
    note: () => undefined,
    report: { table: () => undefined },
  } as unknown as RunbookHands;
  return { host, hands };
}

describe("fix-fstab", () => {
  it("comments the bad entry out, and every other byte stays, whatever its encoding", async () => {
    const { host, hands } = handsAt(FSTAB);
    expect(await fixFstab.run(hands)).toMatchObject({ verdict: "look" });
    const at = FSTAB.indexOf("/dev/gone");
    expect(host.fstab).toEqual(
      Buffer.concat([FSTAB.subarray(0, at), Buffer.from("#oob# "), FSTAB.subarray(at)]),
    );
  });
});
