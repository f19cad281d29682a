import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkConfig, loadConfig } from "../../src/config/load-config.ts";
import { formatProblem } from "../../src/config/problems.ts";
import { hours } from "../../src/lib/durations.ts";
import { catalog } from "./catalog.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "oob-config-"));
  file = join(folder, "oob.yaml");
});
afterEach(() => rm(folder, { recursive: true }));

const HOSTS = 'hosts: { a: { console: "telnet://ts1:1" } }\n';
const webOf = async (web: string) => {
  await writeFile(file, `${HOSTS}web: { ${web} }\n`);
  return (await loadConfig(file, {}, () => catalog)).web;
};
const problemsOf = async (yaml: string): Promise<string> => {
  await writeFile(file, HOSTS + yaml);
  const { problems } = await checkConfig(file, {}, () => catalog);
  const errors = problems.filter((one) => one.severity === "error");
  return errors.map((one) => formatProblem(one).replaceAll(file, "oob.yaml")).join("\n");
};
const URL_OF = 'url: "https://oob.example/"';

test("web: is off where nothing is said, and has what is usual where little is", async () => {
  await writeFile(file, HOSTS);
  expect((await loadConfig(file, {}, () => catalog)).web).toBeUndefined();
  expect(await webOf(`listen: "127.0.0.1:8470", url: "https://oob.example"`)).toEqual({
    listen: { address: "127.0.0.1", port: 8470 },
    url: "https://oob.example/",
    answer: true,
    viewFor: hours(24),
  });
});

test("web: reads sockets, other loopback addresses, paths and what the proxy says", async () => {
  const listens: [string, object][] = [
    ["/run/oob/web.sock", { path: "/run/oob/web.sock" }],
    ["[::1]:80", { address: "::1", port: 80 }],
    ["127.9.9.9:80", { address: "127.9.9.9", port: 80 }],
    ["localhost:80", { address: "127.0.0.1", port: 80 }],
  ];
  for (const [listen, wanted] of listens)
    expect((await webOf(`listen: "${listen}", ${URL_OF}`))?.listen).toEqual(wanted);
  const more = `answer: false, view-for: 2h, user-header: X-Remote-User, address-header: X-Real-IP`;
  expect(
    await webOf(`listen: "localhost:80", url: "https://oob.example:8443/oob", ${more}`),
  ).toEqual({
    listen: { address: "127.0.0.1", port: 80 },
    url: "https://oob.example:8443/oob/",
    answer: false,
    viewFor: hours(2),
    userHeader: "x-remote-user",
    addressHeader: "x-real-ip",
  });
  expect((await webOf('listen: "localhost:80", url: "http://localhost:80"'))?.url).toBe(
    "http://localhost/",
  );
});

test.each([
  "0.0.0.0:8470",
  "10.0.0.1:8470",
  "[::]:8470",
  "128.0.0.1:80",
  "oob.example:80",
  "127.0.0.1:0",
  "127.0.0.1:70000",
  "127.0.0.1",
  "8470",
  "web.sock",
  "[::ffff:10.0.0.1]:80",
])("web: refuses to listen at %s, and says what stands in front", async (listen) => {
  expect(await problemsOf(`web: { listen: "${listen}", ${URL_OF} }`)).toMatch(
    /^oob\.yaml:2:\d+: web\.listen: expected an address of this machine alone .* \(a proxy with TLS stands in front for others\), got "/,
  );
});

test.each([
  "http://oob.example/",
  "ftp://oob.example/",
  "https://a:b@oob.example/",
  "https://oob.example/?x",
  "https://oob.example/#x",
  "oob.example",
  "javascript:alert(1)",
])("web: refuses links that begin with %s", async (url) => {
  expect(await problemsOf(`web: { listen: "127.0.0.1:8470", url: "${url}" }`)).toMatch(
    /^oob\.yaml:2:\d+: web\.url: expected an address such as "https:/,
  );
});

test("web: says what is missing, unknown, too short, and no header", async () => {
  expect(await problemsOf("web: {}")).toMatch(
    /web\.listen: "listen" is missing[\s\S]*web\.url: "url" is missing/,
  );
  const web = `listen: "127.0.0.1:8470", ${URL_OF}`;
  expect(await problemsOf(`web: { ${web}, views-for: 2h }`)).toMatch(/unknown key "views-for"/);
  expect(await problemsOf(`web: { ${web}, view-for: 5s }`)).toMatch(
    /web\.view-for: expected from "1m"/,
  );
  expect(await problemsOf(`web: { ${web}, user-header: "a b" }`)).toMatch(/web\.user-header: /);
});

test("notify: takes link, and wants a page for it to lead to", async () => {
  const channel = (link: string) => `notify: { hook: { driver: hook, link: ${link} } }\n`;
  const web = `web: { listen: "127.0.0.1:8470", ${URL_OF} }\n`;
  for (const link of ["view", "answer", "none"])
    expect(await problemsOf(web + channel(link))).not.toContain("hook.link");
  expect(await problemsOf(channel("none"))).not.toContain("hook.link");
  expect(await problemsOf(channel("answer"))).toMatch(
    /oob\.yaml:2:\d+: notify\.hook\.link: no link can be sent: there is no "web:"/,
  );
  expect(await problemsOf(web + channel("yes"))).toMatch(
    /notify\.hook\.link: expected one of "view", "answer", "none"/,
  );
});
