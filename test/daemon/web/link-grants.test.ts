import { expect, test } from "vitest";
import type { SiteConfig } from "../../../src/config/site-config.ts";
import type { Site } from "../../../src/core/site/site.ts";
import { GrantedSite } from "../../../src/daemon/granted-site.ts";
import { Grants } from "../../../src/daemon/grants.ts";

const grants = [
  { who: "blind", may: ["power", "run"], on: ["*"] },
  { who: "cuts", may: ["power", "log"], on: ["*"] },
  { who: "runs", may: ["power", "log", "run"], on: ["*"] },
  { who: "looks", may: ["status", "log", "hold"], on: ["*"] },
];
const made: string[] = [];
const behind = {
  incident: async () => ({ summary: { host: "db2" }, report: "" }),
  incidentLink: async (id: number, may: string) => made.push(`${may} ${id}`),
} as unknown as Site;
const site = (who: string) => {
  const config = { hosts: new Map() } as unknown as SiteConfig;
  return new GrantedSite(behind, new Grants({ grants }, who, "root"), config);
};

test("a link is made by whoever may approve: power and log to show, and run to answer", async () => {
  const refused = { code: "NOT_PERMITTED" };
  await expect(site("looks").incidentLink(31, "view")).rejects.toMatchObject(refused);
  // What the console printed stands on the page.
  await expect(site("blind").incidentLink(31, "view")).rejects.toMatchObject(refused);
  await expect(site("cuts").incidentLink(31, "answer")).rejects.toMatchObject(refused);
  await site("cuts").incidentLink(31, "view");
  await site("runs").incidentLink(31, "answer");
  expect(made).toEqual(["view 31", "answer 31"]);
});
