import { expect, it } from "vitest";
import { HIDDEN_RANGES } from "../../src/lib/hidden-characters.ts";

it("HIDDEN_RANGES are exactly what this Unicode says hides or reorders text, but for marks and blank letters", () => {
  const ours = new RegExp(`[${HIDDEN_RANGES}]`, "u");
  const hides =
    /[\u0080-\u009f\p{Zl}\p{Zp}\p{Bidi_Control}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/u;
  const stays = /[\p{M}\u115f\u1160\u3164\uffa0]/u;
  const wrong: string[] = [];
  for (let code = 0; code <= 0x10ffff; code++) {
    const one = String.fromCodePoint(code);
    if (ours.test(one) !== (hides.test(one) && !stays.test(one))) wrong.push(code.toString(16));
  }
  expect(wrong).toEqual([]);
});
