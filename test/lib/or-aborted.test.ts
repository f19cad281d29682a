import { expect, it } from "vitest";
import { orAborted } from "../../src/lib/or-aborted.ts";

const never = new Promise<never>(() => undefined);

it("orAborted() is what the work comes to, or the reason of an abort: at once where it was aborted before", async () => {
  const stop = new AbortController();
  expect(await orAborted(Promise.resolve(7), stop.signal)).toBe(7);
  await expect(orAborted(Promise.reject(new Error("broke")), stop.signal)).rejects.toThrow("broke");
  const hangs = orAborted(never, stop.signal);
  stop.abort(new Error("oob ends"));
  await expect(hangs).rejects.toThrow("oob ends");
  await expect(orAborted(never, stop.signal)).rejects.toThrow("oob ends");
});

it("orAborted() leaves no rejection unhandled where the work breaks after the abort", async () => {
  const stop = new AbortController();
  let fail: (error: Error) => void = () => undefined;
  const work = orAborted(
    new Promise<never>((_, reject) => {
      fail = reject;
    }),
    stop.signal,
  );
  stop.abort(new Error("oob ends"));
  fail(new Error("too late"));
  await expect(work).rejects.toThrow("oob ends");
});
