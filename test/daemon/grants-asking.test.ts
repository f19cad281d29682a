import { expect, test } from "vitest";
import type { Grant } from "../../src/config/site-config.ts";
import type { Site } from "../../src/core/site/site.ts";
import { GrantedSite } from "../../src/daemon/granted-site.ts";
import { Grants } from "../../src/daemon/grants.ts";

const grants: Grant[] = [
  { who: "looks", may: ["status"], on: ["*"] },
  { who: "holds", may: ["status", "hold"], on: ["*"] },
  { who: "cuts", may: ["status", "power"], on: ["web*"] },
  { who: "runs", may: ["status", "power", "run"], on: ["*"] },
];
const done: string[] = [];
const behind = {
  incident: async () => ({ summary: { host: "db2" }, report: "" }),
  why: async (host: string) => done.push(`why ${host}`),
  approveIncident: async (id: number, rung: string) => done.push(`approve ${id} ${rung}`),
  denyIncident: async (id: number) => done.push(`deny ${id}`),
} as unknown as Site;
const site = (who: string) =>
  new GrantedSite(behind, new Grants({ grants }, who, "root"), { hosts: new Map() } as never);
const refused = { code: "NOT_PERMITTED" };

test("a yes needs the grant to cut that very host, and to run where a runbook is asked for", async () => {
  for (const who of ["looks", "holds", "cuts", "nobody"])
    await expect(site(who).approveIncident(31, "cycle", "", "y")).rejects.toMatchObject(refused);
  const onlyCuts = new GrantedSite(
    behind,
    new Grants({ grants: [{ who: "a", may: ["power"], on: ["*"] }] }, "a", "root"),
    { hosts: new Map() } as never,
  );
  await onlyCuts.approveIncident(31, "cycle", "", "y");
  await expect(onlyCuts.approveIncident(31, "single-user", "", "y")).rejects.toMatchObject(refused);
  await site("runs").approveIncident(31, "single-user", "", "y");
  expect(done).toEqual(["approve 31 cycle", "approve 31 single-user"]);
});

test("a no needs what closing needs; why needs what status needs", async () => {
  await expect(site("cuts").denyIncident(31, "")).rejects.toMatchObject(refused);
  await site("holds").denyIncident(31, "");
  await site("looks").why("db2", { interlocks: false });
  await expect(site("nobody").why("db2", { interlocks: false })).rejects.toMatchObject(refused);
  expect(done.slice(-2)).toEqual(["deny 31", "why db2"]);
});

test("a yes over the socket answers the question of the command: y, or the name of a precious host", async () => {
  const hosts = new Map([["db2", { name: "db2", precious: true }]]);
  const precious = new GrantedSite(behind, new Grants({ grants }, "runs", "root"), {
    hosts,
  } as never);
  const before = done.length;
  for (const confirm of [undefined, "y", "1", "web1"])
    await expect(precious.approveIncident(31, "cycle", "", confirm)).rejects.toMatchObject({
      code: "NOT_CONFIRMED",
    });
  await expect(site("runs").approveIncident(31, "cycle", "")).rejects.toThrow(
    "Cannot approve incident 31 of db2 without confirmation: the request has none",
  );
  expect(done).toHaveLength(before);
  await precious.approveIncident(31, "single-user", "", "db2");
  expect(done.at(-1)).toBe("approve 31 single-user");
});
