import { describe, expect, it } from "vitest";
import { minutes, seconds } from "../../../src/lib/durations.ts";
import { boot, login, oops, panic, Story } from "./story.ts";

describe("a silence", () => {
  it("after a login prompt that nobody ever answered at is no proof: a person is asked, also in mode act", () => {
    const story = new Story();
    story.pass(minutes(20));
    expect(story.acts()).toEqual([]);
    expect(story.pages()).toEqual([
      expect.stringMatching(/nor was an answer ever seen since it started: asking to cycle/),
    ]);
    expect(story.state.next.text).toMatch(/without an answer, the ask .* ends/);
    story.give({ is: "approved", by: "jana" }).pass(minutes(3));
    expect(story.acts()).toEqual(["cycle"]);
  });

  it("leads to a cut where an Enter was answered in this boot", () => {
    const story = new Story().pass(minutes(11), "alive").pass(minutes(20));
    expect(story.acts()).toEqual(["cycle"]);
  });

  it("leads to none where what came when it was asked was no prompt: lines come by chance", () => {
    const story = new Story().pass(minutes(10));
    story.give({ is: "probe", answer: "alive", text: "a line came" }).pass(minutes(20));
    expect(story.acts()).toEqual([]);
    expect(story.pages()).toEqual([expect.stringMatching(/asking to cycle/)]);
  });

  it("leads to a cut where a person typed, and a prompt came back", () => {
    const story = new Story().give({ is: "answered" }).pass(minutes(20));
    expect(story.acts()).toEqual(["cycle"]);
  });

  it.each([
    [
      "a boot without a login prompt",
      (story: Story) => story.see(boot()),
      /nobody was seen to answer/,
    ],
    [
      "a boot with a login prompt",
      (story: Story) => story.see(boot()).see(login()),
      /asking to cycle/,
    ],
    [
      "the console was away",
      (story: Story) => story.give({ is: "link", up: false }).give({ is: "link", up: true }),
      /asking to cycle/,
    ],
    [
      "bytes are missing",
      (story: Story) => story.give({ is: "gap", why: "disk full" }),
      /asking to cycle/,
    ],
  ])("cuts nobody where since the last answer came: %s", (_, comes, said) => {
    const story = new Story().pass(minutes(11), "alive");
    comes(story).pass(minutes(30));
    expect(story.acts()).toEqual([]);
    expect(story.pages()).toEqual([expect.stringMatching(said)]);
  });

  it("is asked about once where nobody answers at all, over many boots", () => {
    const story = new Story();
    for (let n = 0; n < 5; n++) story.see(boot()).pass(minutes(30));
    expect(story.acts()).toEqual([]);
    expect(story.pages()).toHaveLength(1);
  });
});

describe("evidence that a host may survive", () => {
  it("leads to a cut where a login prompt showed since the host started", () => {
    expect(new Story().see(oops()).pass(minutes(10)).acts()).toEqual(["cycle"]);
  });

  it("leads to none where the prompt was that of the boot before", () => {
    const story = new Story().see(boot()).see(oops()).pass(minutes(10));
    expect(story.acts()).toEqual([]);
    expect(story.pages()).toEqual([expect.stringMatching(/nobody was ever seen to answer/)]);
  });
});

describe("a host that starts by itself after a panic and shows no login prompt", () => {
  it("is cut where it used to show one: whoever answered before the case counts", () => {
    const starts = (story: Story) =>
      story.see(panic()).pass(seconds(5)).see(boot()).pass(minutes(10));
    expect(starts(new Story().give({ is: "answered" })).acts()).toEqual(["cycle"]);
    // Only its prompt was seen before: a person is asked.
    expect(starts(new Story()).acts()).toEqual([]);
  });
});
