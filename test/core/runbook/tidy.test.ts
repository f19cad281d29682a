import { existsSync } from "node:fs";
import { afterEach, describe, expect, it } from "vitest";
import { shellKit } from "./shell-kit.ts";

let kit: Awaited<ReturnType<typeof shellKit>> | undefined;
afterEach(async () => {
  await kit?.end();
  kit = undefined;
});

describe("tidy()", () => {
  it("leaves nothing on the host while the run goes on, and a later command is run all the same", {
    timeout: 60_000,
  }, async () => {
    kit = await shellKit();
    const { run, leftFolders } = kit;
    const seen: string[][] = [];
    const { result, story } = await run(async ({ console }) => {
      await console.login();
      await console.run("true");
      seen.push(leftFolders());
      await console.tidy();
      seen.push(leftFolders());
      const { output } = await console.run("echo again");
      return output.trim();
    });
    expect(result, story).toBe("done");
    expect(seen[0]).toHaveLength(1);
    expect(existsSync(seen[0]?.[0] ?? "/")).toBe(false);
    expect(seen[1]).toEqual([]);
    expect(story).toMatch(/again$/);
    expect(leftFolders()).toEqual([]);
  });
});
