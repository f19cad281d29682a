/** The units of packaging/systemd, as systemd's own tools judge them: no systemd has to run. */
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PACKAGING = new URL("../../packaging/", import.meta.url).pathname;
const UNITS = ["oob.service", "oob-keeper.service"];
/** Of 10, which is no protection at all. What is left of it: devices, networks, one capability, and V8's compiler. */
const WORST = { "oob.service": 2.4, "oob-keeper.service": 1.3 };
const ANALYZE = "systemd-analyze";
const installed = spawnSync(ANALYZE, ["--version"]).status === 0;
if (!installed) console.log("skipped, apt-get install systemd");

let folder = "";
const run = (program: string, ...args: string[]) => {
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", cwd: folder });
  return { status, text: `${stdout}${stderr}` };
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "oob-units-"));
  for (const unit of UNITS) {
    // Programs that are there on this machine, in place of those of an installed package.
    const text = readFileSync(join(PACKAGING, "systemd", unit), "utf8");
    writeFileSync(
      join(folder, unit),
      text.replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`),
    );
    const profile = unit === "oob.service" ? "small-box.conf" : "small-box-keeper.conf";
    mkdirSync(join(folder, `${unit}.d`));
    copyFileSync(join(PACKAGING, "systemd", profile), join(folder, `${unit}.d`, "small-box.conf"));
  }
});
afterAll(() => rmSync(folder, { recursive: true }));

describe.skipIf(!installed)("packaging/systemd", () => {
  it("systemd-analyze verify finds nothing in the units, small-box profile included", () => {
    expect(run(ANALYZE, "verify", ...UNITS.map((unit) => `./${unit}`))).toEqual({
      status: 0,
      text: "",
    });
  });

  // systemd.resource-control(5), DeviceAllow=: groups of /proc/devices, as they are when the unit starts. As logind with char-drm.
  it.each(UNITS)("%s has the drivers of USB adapters loaded before it names them", (unit) => {
    const text = readFileSync(join(PACKAGING, "systemd", unit), "utf8");
    const devices = [...text.matchAll(/^DeviceAllow=char-(\w+) rw$/gm)].map(([, name]) => name);
    expect(devices).toEqual(["ttyS", "ttyAMA", "ttyUSB", "ttyACM", "pts"]);
    for (const key of ["Wants", "After"])
      expect(text).toMatch(
        new RegExp(`^${key}=modprobe@usbserial\\.service modprobe@cdc_acm\\.service$`, "m"),
      );
  });

  // Seen under systemd 252: killed, the keeper was started by the daemon first, and its unit failed once a second for good.
  it("ports are held by the unit of the keeper alone, and it is never given up", () => {
    const [daemon = "", keeper = ""] = UNITS.map((unit) =>
      readFileSync(join(PACKAGING, "systemd", unit), "utf8"),
    );
    for (const unit of [daemon, keeper]) expect(unit).toMatch(/^Environment=OOB_KEEPER=unit$/m);
    expect(daemon).toMatch(/^Wants=oob-keeper\.service$/m);
    expect(keeper).toMatch(/^Restart=always$/m);
    expect(/^\[Unit\]$([^[]*)/m.exec(keeper)?.[1]).toMatch(/^StartLimitIntervalSec=0$/m);
  });

  it.each(UNITS)("%s is no more exposed than it was", (unit) => {
    const { status, text } = run(ANALYZE, "security", "--offline=true", "--no-pager", `./${unit}`);
    expect(status).toBe(0);
    const score = Number(/Overall exposure level for \S+ (\d+\.\d)/.exec(text)?.[1]);
    console.log(`${unit}: exposure ${score} of 10`);
    expect(score).toBeLessThanOrEqual(WORST[unit as keyof typeof WORST]);
  });

  it.skipIf(process.getuid?.() !== 0)(
    "sysusers and tmpfiles make the user and the folders, as they are wanted",
    () => {
      const root = join(folder, "root");
      mkdirSync(join(root, "etc"), { recursive: true });
      const conf = (name: string) => join(PACKAGING, "systemd", name);
      expect(run("systemd-sysusers", `--root=${root}`, conf("oob.sysusers.conf")).status).toBe(0);
      expect(readFileSync(join(root, "etc/passwd"), "utf8")).toMatch(
        /^oob:x:\d+:\d+:Out-of-band management:\/var\/lib\/oob:\/usr\/sbin\/nologin$/m,
      );
      writeFileSync(join(root, "etc/group"), "root:x:0:\noob:x:990:\n");
      writeFileSync(
        join(root, "etc/passwd"),
        "root:x:0:0::/root:/bin/sh\noob:x:990:990::/var/lib/oob:/usr/sbin/nologin\n",
      );
      expect(
        run("systemd-tmpfiles", "--create", `--root=${root}`, conf("oob.tmpfiles.conf")),
      ).toEqual({
        status: 0,
        text: "",
      });
      const modes = ["etc/oob", "etc/oob/credentials", "var/lib/oob"].map((path) => {
        const { mode, uid } = statSync(join(root, path));
        return `${path} ${(mode & 0o7777).toString(8)} ${uid}`;
      });
      expect(modes).toEqual([
        "etc/oob 755 0",
        "etc/oob/credentials 700 990",
        "var/lib/oob 750 990",
      ]);
    },
  );
});
