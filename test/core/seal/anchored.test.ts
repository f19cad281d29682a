import { mkdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import {
  type AnchorState,
  anchoredTo,
  anchorFile,
  anchorFolder,
} from "../../../src/core/seal/anchored.ts";
import { newState } from "../log/log-kit.ts";

const point = (entries: number) => ({
  ...{ segment: "20261122T101500Z", entries, offset: entries * 10, at: 5000 },
  ...{ hash: "ab".repeat(32), deliveredAt: 6000 },
});
const stateOf = (logs: AnchorState["logs"]): AnchorState => ({ v: 1, site: "s", keys: 1, logs });

function stateWith(files: Readonly<Record<string, string>>): string {
  const state = newState();
  mkdirSync(anchorFolder(state), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(anchorFile(state, name), text);
  return state;
}

describe("anchoredTo()", () => {
  it("gives what each anchor took of a log, furthest first", () => {
    const state = stateWith({
      loghost: JSON.stringify(stateOf({ web1: point(40), db1: point(7) })),
      printer: JSON.stringify(stateOf({ web1: point(90) })),
    });
    expect(anchoredTo(state, "web1")).toEqual([
      { anchor: "printer", ...point(90) },
      { anchor: "loghost", ...point(40) },
    ]);
    expect(anchoredTo(state, "db1")).toEqual([{ anchor: "loghost", ...point(7) }]);
    expect(anchoredTo(state, "toString")).toEqual([]);
  });

  it("calls nothing anchored where there is no file, or one that makes no sense", () => {
    expect(anchoredTo(newState(), "web1")).toEqual([]);
    const half = JSON.stringify(stateOf({ web1: point(40) })).slice(0, -20);
    const { hash: _, ...hashless } = point(3);
    const state = stateWith({
      ...{ half, nothing: "null", list: "[]" },
      other: JSON.stringify({ ...stateOf({ web1: point(4) }), v: 2 }),
      hashless: JSON.stringify({ ...stateOf({}), logs: { web1: hashless } }),
    });
    expect(anchoredTo(state, "web1")).toEqual([]);
  });
});
