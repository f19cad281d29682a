import { mkdir, readdir, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startDaemon } from "../../src/daemon/main.ts";
import { Rack } from "../core/site/site-kit.ts";

test("startDaemon() removes what log.keep no longer keeps, and the trail says so", async () => {
  const rack = await Rack.make([]);
  const folder = join(rack.folder, "state/console/web1");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const old = join(folder, "20200101T000000Z.raw");
  for (const path of [old, join(folder, "20200102T000000Z.raw")]) await writeFile(path, "boot\n");
  await utimes(old, 0, 0);
  const config = join(rack.folder, "oob.yaml");
  await writeFile(config, `${rack.yaml}\nlog: { keep: { days: 30 } }\n`.replace("hosts:\n", ""));
  const daemon = await startDaemon({ config, env: { HOME: rack.folder }, say: () => undefined });
  const events = daemon.site.audit.read({ hosts: [], type: "log.removed", follow: true });
  for await (const event of events) {
    expect(event).toMatchObject({ host: "web1", data: { segment: "20200101T000000Z", bytes: 5 } });
    break;
  }
  expect(await readdir(folder)).toEqual(["20200102T000000Z.raw"]);
  await daemon.stop("the test ends");
  await rack.close();
});
