import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { bareConfig, bareHost } from "../../../src/config/bare-config.ts";
import { type LocalSite, openLocalSite } from "../../../src/core/site/local-site.ts";
import { systemClock } from "../../../src/lib/clock.ts";
import { ATTACH, untilShown } from "./site-kit.ts";

const ECHOED = "what-is-shown-is-in-the-log";
const SECRET = "Tr0ub4dor-and-3-horses";

let folder: string;
let host: Server;
let site: LocalSite;
/** What was typed at the host. */
let heard: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-typed-"));
  heard = [];
  // A getty: shows the name as it is typed, and of the password nothing.
  host = createServer((socket) => {
    let shows = true;
    socket.on("error", () => {});
    socket.write("web1 login: ");
    socket.on("data", (bytes) => {
      heard.push(bytes.toString("latin1"));
      if (shows) socket.write(bytes);
      if (!bytes.includes("\r")) return;
      socket.write(shows ? "\r\nPassword: " : "\r\nLogin incorrect\r\nweb1 login: ");
      shows = !shows;
    });
  });
  const path = join(folder, "console");
  await new Promise<void>((resolve) => host.listen(path, resolve));
  const entry = bareHost("web1", { driver: "unix", options: { path } });
  const config = {
    ...bareConfig({}),
    ...{ file: join(folder, "oob.yaml"), state: join(folder, "state") },
    ...{ runtime: join(folder, "run"), credentials: join(folder, "credentials") },
    hosts: new Map([["web1", { ...entry, login: { user: "root", secret: "web1" } }]]),
  };
  await mkdir(config.credentials, { mode: 0o700 });
  await writeFile(join(config.credentials, "web1"), SECRET, { mode: 0o600 });
  site = await openLocalSite(config, { who: "kim", clock: systemClock, env: {}, role: "daemon" });
});
afterEach(async () => {
  await site.close();
  host.close();
  await rm(folder, { recursive: true });
});

/** Files of the site, but for the secrets' own, that hold this text in any case. */
async function holding(text: string): Promise<string[]> {
  const files = await readdir(join(folder, "state"), { recursive: true, withFileTypes: true });
  const found: string[] = [];
  for (const file of files) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    const bytes = (await readFile(path)).toString("latin1").toLowerCase();
    if (bytes.includes(text.toLowerCase())) found.push(path.slice(folder.length + 1));
  }
  return found;
}

test("what is typed where the host shows nothing is in no file: console log, its index and seals, audit, what is learnt", async () => {
  const at = await site.attach({ ...ATTACH, host: "web1", reason: "look" });
  const type = async (text: string, until: string) => {
    await at.write(Buffer.from(text));
    await untilShown(at, until);
  };
  await untilShown(at, "login: ");
  await type(`${ECHOED}\r`, "Password: ");
  await type(`${SECRET}\r`, "login: ");
  // Key by key, and taken back, as people type.
  await type(`${ECHOED}\r`, "Password: ");
  for (const key of `${SECRET}x\u007f`) await at.write(Buffer.from(key));
  await type("\r", "login: ");
  await at.note("logged in");
  await at.leave();
  const typedByHand = heard.splice(0).join("");
  expect(typedByHand.split(SECRET)).toHaveLength(3);
  // A runbook logs in with the secret of the configuration; the host does not take it.
  const request = {
    runbook: "uptime-of-none",
    hosts: ["web1"],
    set: {},
    dryRun: false,
    reason: "",
  };
  for await (const event of site.run({ ...request, runbook: "collect" }))
    expect(JSON.stringify(event)).not.toContain(SECRET);
  await site.close();
  expect(await holding(SECRET)).toEqual([]);
  // The search finds what is there: what the host showed is evidence, and in its log.
  expect((await holding(ECHOED)).some((path) => path.startsWith("state/console/web1/"))).toBe(true);
}, 180_000);
