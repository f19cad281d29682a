import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { COMMANDS } from "../../src/cli/commands.ts";
import { checkConfig } from "../../src/config/load-config.ts";
import { hostSchema, SECTIONS } from "../../src/config/schema.ts";
import { openLocalSite } from "../../src/core/site/local-site.ts";
import { GrantedSite } from "../../src/daemon/granted-site.ts";
import { Grants } from "../../src/daemon/grants.ts";
import { METHODS } from "../../src/daemon/methods.ts";
import { systemClock } from "../../src/lib/clock.ts";
import { catalog } from "../config/catalog.ts";
import { ATTACH, Rack } from "../core/site/site-kit.ts";

const OFF = /audit|trail|journal|no-?log|silent/i;

test("no key of the configuration, no call of the socket and no option of a command names the trail but to read it", async () => {
  expect([...Object.keys(SECTIONS), ...Object.keys(hostSchema.shape)].filter(isOff)).toEqual([]);
  expect([...METHODS.keys()].filter(isOff)).toEqual([]);
  const flags = await Promise.all(
    COMMANDS.map(async ({ name, load }) => {
      const { options } = (await load()).default;
      return options.filter(({ flags: text }) => isOff(text)).map((one) => `${name} ${one.flags}`);
    }),
  );
  expect(flags.flat()).toEqual([]);
});

test("a configuration that asks for it is refused", async () => {
  const rack = await Rack.make(["web1"]);
  const file = join(rack.folder, "oob.yaml");
  for (const line of ["audit: false", "audit: { off: true }", "log: { audit: false }"]) {
    await writeFile(file, `${line}\n${rack.yaml}`);
    const { problems } = await checkConfig(file, {}, () => catalog);
    expect(problems.filter(({ severity }) => severity === "error")).not.toEqual([]);
  }
  await rack.close();
});

test("whoever may do all stands in it with all: coming, a note, leaving, a hold and its end", async () => {
  const rack = await Rack.make(["web1"]);
  const config = rack.config();
  const options = { who: "oob", clock: systemClock, role: "daemon" as const };
  // What a person could set in front of a command is nothing to the daemon.
  const env = { OOB_AUDIT: "off", OOB_NO_AUDIT: "1", OOB_LOG: "none" };
  const site = await openLocalSite(config, { ...options, env });
  const grants = new Grants({ grants: [{ who: "kim", may: ["*"], on: ["*"] }] }, "kim", "oob");
  const reach = new GrantedSite(site.as("kim"), grants, config);
  const at = await reach.attach({ ...ATTACH, host: "web1", reason: "to see" });
  await at.note("seen");
  await at.leave();
  await reach.hold(["web1"], 60_000, "work");
  await reach.release(["web1"]);
  const types: string[] = [];
  for await (const { by, type } of site.events({ hosts: ["web1"], follow: false }))
    if (by === "kim") types.push(type);
  const asked = ["session.attach", "session.note", "session.leave", "hold.set", "hold.release"];
  expect(types).toEqual(expect.arrayContaining(asked));
  await site.close();
  await rack.close();
});

const isOff = (text: string): boolean => OFF.test(text);
