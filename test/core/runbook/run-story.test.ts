import { expect, test } from "vitest";
import type { HostEntry } from "../../../src/config/site-config.ts";
import type { Audit } from "../../../src/core/audit/audit.ts";
import { RunStory } from "../../../src/core/runbook/run-story.ts";
import { ManualClock } from "../../../src/lib/clock.ts";

function storyWith(...secrets: string[]) {
  const story = new RunStory({
    name: "look",
    host: { name: "web1" } as HostEntry,
    dryRun: false,
    by: "alice",
    reason: "",
    audit: { note: () => undefined } as unknown as Audit,
    clock: new ManualClock(),
    emit: () => undefined,
  });
  for (const secret of secrets) expect(story.hide(secret)).toBe(secret);
  return story;
}

test("hideIn(): a secret below six characters is left out where it stands as a word", () => {
  const story = storyWith("oob");
  expect(story.hideIn('Password: oob\nsu: "oob", oob. oob')).toBe(
    'Password: ********\nsu: "********", ********. ********',
  );
  const kept = "/etc/fstab.oob-before #oob# oob.example booby /usr/bin/oob oob@web1";
  expect(story.hideIn(kept)).toBe(kept);
});

test("hideIn(): a longer secret is left out wherever it stands, whatever its characters mean", () => {
  const story = storyWith("a.c(d]*", "$1+-?|{\\", "");
  expect(story.hideIn("xa.c(d]*y abc(d]* -$1+-?|{\\-")).toBe("x********y abc(d]* -********-");
  expect(storyWith("(.)-$").hideIn("it said (.)-$ twice: (.)-$")).toBe(
    "it said ******** twice: ********",
  );
});
