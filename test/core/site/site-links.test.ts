import { afterEach, describe, expect, it } from "vitest";
import { hours, minutes, seconds } from "../../../src/lib/durations.ts";
import { WebSite } from "../../daemon/web/web-kit.ts";

let site: WebSite;
afterEach(() => site.end());

const asking = async (change = {}) => {
  site = new WebSite(change);
  await site.asks();
};
const approve = () => site.bench.watchdog.verdicts.approve(1, "cycle", "jana", "");

describe("a link that answers", () => {
  it("is good for the question that stood when it was made, and for no later one", async () => {
    await asking();
    const token = site.token();
    expect(site.links.open(token)?.ask).toMatchObject({ is: "asked", rung: "cycle" });
    site.bench.relay.state = "unknown";
    await approve();
    expect(site.links.open(token)?.ask).toMatchObject({
      is: "answered",
      text: expect.stringMatching(/^jana approved to cycle its outlets/),
    });
    // An interlock objected: the same is asked again in the same incident, and the old link still answers nothing.
    await site.bench.pass(minutes(30));
    expect(site.bench.watchdog.whyOf("web1")?.ask).toMatchObject({ rung: "cycle" });
    expect(site.links.open(token)?.ask.is).toBe("answered");
    expect(site.links.open(site.token())?.ask.is).toBe("asked");
  });

  it("is over when the question is: two hours later, after a no, when the host is back", async () => {
    await asking();
    const token = site.token();
    await site.bench.watchdog.verdicts.deny(1, "bo", "disk");
    expect(site.links.open(token)?.ask).toMatchObject({
      is: "answered",
      text: "bo denied to cycle its outlets: disk",
    });
    await site.end();
    await asking();
    const old = site.token();
    await site.bench.pass(hours(3));
    expect(site.links.open(old)?.ask).toEqual({ is: "nothing" });
    await site.end();
    await asking();
    const third = site.token();
    site.bench.console().boots();
    await site.bench.pass(seconds(40));
    site.bench.console().asksForLogin();
    await site.bench.pass(minutes(3));
    expect(site.links.open(third)?.ask).toEqual({ is: "nothing" });
  });

  it("holds over a restart of the process that made it", async () => {
    await asking();
    const token = site.token();
    expect(site.makeLinks().open(token)).toMatchObject({ may: "answer", to: "jana" });
  });

  it("is none where answers are off, where two people have to want it, where nothing is asked", async () => {
    await asking({ answer: false });
    const make = (may: "view" | "answer") => site.links.make(site.incident(), may, "jana");
    expect(() => make("answer")).toThrow(/"answer: false"/);
    expect(make("view").may).toBe("view");
    await site.end();
    await asking();
    const token = site.token();
    site.needsTwo("web1");
    expect(() => make("answer")).toThrow(/two people/);
    expect(site.links.open(token)?.may).toBe("view");
    expect(site.links.ofAlert("chat", { link: "answer" }, 1)).toBeDefined();
    await site.end();
    await asking();
    await approve();
    expect(() => make("answer")).toThrow(/nothing is asked now/);
  });
});

describe("links", () => {
  it("end: a day later, and with their key", async () => {
    await asking();
    const token = site.token("view");
    expect(site.links.open(token)?.may).toBe("view");
    await site.bench.pass(hours(25));
    expect(site.links.open(token)).toBeUndefined();
    expect(site.links.open("AAAA")).toBeUndefined();
  });

  it("of an alert: as its channel says, to an incident alone", async () => {
    await asking();
    const mayOf = (link?: "view" | "answer" | "none") => {
      const url = site.links.ofAlert("chat", { ...(link && { link }) }, 1);
      return url && site.links.open(url.slice(`${site.policy.url}i/`.length));
    };
    expect(mayOf()).toMatchObject({ may: "view", to: "channel chat" });
    expect(mayOf("answer")).toMatchObject({ may: "answer", to: "channel chat" });
    expect(mayOf("none")).toBeUndefined();
    expect(site.links.ofAlert("chat", {}, undefined)).toBeUndefined();
    expect(site.links.ofAlert("chat", {}, 99)).toBeUndefined();
  });
});
