import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { MockRack } from "../../mocks/rack.ts";

/** Writes the configuration and the secrets of a simulated rack into a folder; returns the file's path. */
export async function writeDemoSite(
  folder: string,
  names: readonly string[],
  rack: MockRack,
  secrets: { readonly auth: string; readonly priv: string; readonly login: string },
): Promise<string> {
  const credentials = join(folder, "credentials");
  await mkdir(credentials, { mode: 0o700 });
  const files = { "pdu-a-auth": secrets.auth, "pdu-a-priv": secrets.priv, root: secrets.login };
  for (const [name, value] of Object.entries(files)) {
    await writeFile(join(credentials, name), `${value}\n`, { mode: 0o600 });
  }
  const hosts = names.map((name, n) => {
    const port = rack.consoleServer.ports[n]?.port ?? 0;
    return [
      `  ${name}:`,
      `    console: { driver: telnet, host: 127.0.0.1, port: ${port} }`,
      `    outlets: [pdu-a/${n + 1}]`,
    ].join("\n");
  });
  const text = `# Written by oob demo. Removed when it ends.
version: 1
site: demo
state: ${folder}/state
runtime: ${folder}/run
credentials: ${credentials}

pdus:
  pdu-a:
    driver: snmp
    host: 127.0.0.1
    port: ${rack.pdu.port}
    version: 3
    user: oob
    auth: secret:pdu-a-auth
    auth-protocol: sha256
    priv: secret:pdu-a-priv

# Often, so that there soon is a curve: oob power history
load: { every: 5s, ratings: { pdu-a: 200W } }

defaults:
  os: linux
  login: { user: root, secret: root }
  off-for: 3s
  # Much faster than a real site would want it.
  watch: { mode: act, ladder: [nudge, cycle, page], confirm-for: 10s, boot-within: 60s }

hosts:
${hosts.join("\n")}
`;
  const config = join(folder, "oob.yaml");
  await writeFile(config, text, { mode: 0o600 });
  return config;
}
