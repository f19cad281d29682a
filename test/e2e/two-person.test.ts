/**
 * Two accounts of this machine, a daemon of root's, and a device that is a folder of files: what one asks for waits for
 * the other. Needs root, to be others.
 */
import { execFile, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TOY } from "../core/site/toy-pdu.ts";
import { TestSite } from "./rig/daemon.ts";

const PROGRAM = new URL("../../bin/oob.js", import.meta.url).pathname;
const [KIM, LEE] = [
  { name: "games", uid: 5, gid: 60 },
  { name: "man", uid: 6, gid: 12 },
] as const;
const canBe = ({ name, uid, gid }: typeof KIM | typeof LEE): boolean =>
  process.getuid?.() === 0 &&
  spawnSync("id", ["-u", name], { encoding: "utf8" }).stdout.trim() === String(uid) &&
  spawnSync(process.execPath, [PROGRAM, "version"], { uid, gid, cwd: "/" }).status === 0;
const others = canBe(KIM) && canBe(LEE);
if (!others) console.log(`skipped: no root, or ${KIM.name} and ${LEE.name} cannot run ${PROGRAM}`);

let site: TestSite;
let relays: string;
beforeAll(async () => {
  if (!others) return;
  site = new TestSite("");
  relays = join(site.folder, "relays");
  const drivers = join(site.folder, "drivers");
  for (const folder of [relays, drivers]) mkdirSync(folder);
  for (const outlet of ["1", "2"]) writeFileSync(join(relays, outlet), "on");
  writeFileSync(join(drivers, "toy.ts"), TOY);
  writeFileSync(
    site.config,
    `${readFileSync(site.config, "utf8")}users: [${KIM.name}, ${LEE.name}]
drivers: [${drivers}]
pdus: { toy: { driver: toy, path: ${relays} } }
hosts:
  db1: { console: "unix:/nonexistent", outlets: [toy/1], off-for: 1s, watch: off, two-person: 10m }
`,
  );
  chmodSync(site.folder, 0o711);
  chmodSync(site.config, 0o644);
  await site.launch();
});
afterAll(() => site?.stop());

/** `env`: what sudo, or anybody, would set. */
function oob(who: { readonly uid: number; readonly gid: number }, args: string[], env = {}) {
  return new Promise<{ code: number | null; text: string }>((resolve) => {
    const argv = [PROGRAM, ...args, "--config", site.config];
    const options = { uid: who.uid, gid: who.gid, cwd: "/", env: { ...process.env, ...env } };
    const child = execFile(process.execPath, argv, options, (_, stdout, stderr) =>
      resolve({ code: child.exitCode, text: `${stdout}${stderr}` }),
    );
    child.stdin?.end();
  });
}
const told = () => {
  try {
    return readFileSync(join(relays, "told"), "utf8");
  } catch {
    return "";
  }
};
const cut = ["power", "cycle", "db1", "--reason", "stuck", "--confirm", "db1"];
const approve = (id: string) => ["intent", "approve", id, "--confirm", "db1"];
const numberIn = (text: string) => /oob intent approve (\d+)/.exec(text)?.[1] ?? "none";

describe.skipIf(!others)("a two-person host", { timeout: 600_000 }, () => {
  it("is cut by two accounts, and by no one account, whatever sudo would say", async () => {
    const asked = await oob(KIM, cut);
    expect(asked).toMatchObject({ code: 5 });
    const id = numberIn(asked.text);
    for (const [who, env] of [
      [KIM, {}],
      [KIM, { SUDO_UID: "6", SUDO_USER: LEE.name, USER: LEE.name, LOGNAME: LEE.name }],
      [
        { uid: 0, gid: 0 },
        { SUDO_UID: "6", SUDO_USER: LEE.name },
      ],
    ] as const)
      expect(await oob(who, approve(id), env)).toMatchObject({ code: 4 });
    expect(await oob({ uid: 0, gid: 0 }, cut)).toMatchObject({ code: 4 });
    expect(told()).toBe("");
    const yes = await oob(LEE, approve(id));
    expect(yes).toMatchObject({ code: 0, text: expect.stringContaining("oob power cycle db1") });
    expect(told()).toBe("1 off\n1 on\n");
    expect(await oob(LEE, approve(id))).toMatchObject({ code: 2 });
    expect(told()).toBe("1 off\n1 on\n");
  });

  it("keeps nothing over kill -9, and its numbers do not come again; without a daemon it is refused", async () => {
    const before = told();
    const first = numberIn((await oob(KIM, cut)).text);
    await site.kill();
    // Nobody stands between a person and the device but the guard of their own process; root can open it.
    const alone = await oob({ uid: 0, gid: 0 }, [...cut, "--force"]);
    expect(alone).toMatchObject({ code: 5, text: expect.stringContaining("two people") });
    await site.launch();
    expect(await oob(LEE, ["intent", "list", "--json"])).toMatchObject({
      text: expect.stringContaining('"intents":[]'),
    });
    const second = numberIn((await oob(KIM, cut)).text);
    expect(Number(second)).toBeGreaterThan(Number(first));
    expect(await oob(LEE, approve(first))).toMatchObject({ code: 2 });
    expect(told()).toBe(before);
  });
});
