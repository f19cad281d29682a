import { EventEmitter } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MockModem } from "../../mocks/modem.ts";
import { serve } from "../../src/daemon/main.ts";
import { systemClock } from "../../src/lib/clock.ts";

async function until(is: () => boolean): Promise<void> {
  for (let turn = 0; !is(); turn++) {
    if (turn > 1000) throw new Error("not within 20 s");
    await systemClock.sleep(20);
  }
}

test("serve() does not end before a call from outside is hung up", {
  timeout: 60_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "oob-stop-"));
  const modem = new MockModem(systemClock, {});
  const port = await modem.listen();
  mkdirSync(join(folder, "credentials"), { mode: 0o700 });
  writeFileSync(join(folder, "credentials", "jana"), "correct horse battery", { mode: 0o600 });
  const config = join(folder, "oob.yaml");
  writeFileSync(
    config,
    `version: 1
state: ${folder}/state
runtime: ${folder}/run
credentials: ${folder}/credentials
grants: [{ who: jana, may: [status], on: ["*"] }]
dial-in:
  attic:
    modem: { driver: tcp, host: 127.0.0.1, port: ${port} }
    callers: any
    people: { jana: { passphrase: secret:jana } }
hosts: {}
`,
  );
  const signals = new EventEmitter();
  const lines: string[] = [];
  const ended = serve({ config, env: {}, signals, say: (line) => lines.push(line) });
  try {
    await until(() => modem.commands.includes("AT+VCID=1"));
    modem.callIn("025550142");
    await until(() => String.fromCharCode(...modem.heard).endsWith("passphrase: "));
    signals.emit("SIGTERM");
    await ended;
    expect(modem.inCall).toBe(false);
    expect(lines).toContain(
      "oob: a call to attic is being hung up, waiting; a second signal ends at once",
    );
  } finally {
    await until(() => !modem.inCall);
    await modem.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
