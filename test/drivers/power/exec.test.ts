import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import exec from "../../../drivers/power/exec.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import type { Pdu } from "../../../src/sdk/power.ts";
import { failureOf } from "../console/socket-suite.ts";
import { contextWith } from "./context.ts";

const folder = mkdtempSync(join(tmpdir(), "oob-exec-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let made = 0;

/** A command of an administrator: a script, and the file that it may write to as $LOG. */
function command(script: string): { path: string; log: () => string } {
  const path = join(folder, `relay${made++}`);
  writeFileSync(path, `#!/bin/sh\nLOG=${path}.log\n${script}\n`);
  chmodSync(path, 0o755);
  return {
    path,
    log: () => (existsSync(`${path}.log`) ? readFileSync(`${path}.log`, "utf8") : ""),
  };
}

function open(raw: Record<string, unknown>): Promise<Pdu> {
  const all = { outlets: ["web1", "db1"], ...raw };
  const { values, problems } = readOptions(exec.options, all);
  expect(problems).toEqual([]);
  return exec.open(values, contextWith({ relay: "pw-of-relay" }));
}

const byText = { "on-text": ["ON", "{outlet}: on*"], "off-text": ["OFF", "{outlet}: off*"] };

test("runs words as they are, with the outlet in them and in the environment, no shell", async () => {
  const { path, log } = command('echo "$#:$1:$2:$3:$OOB_OUTLET:$OOB_VERB:$OOB_SECRET" >> $LOG');
  const pdu = await open({
    on: [path, "{outlet}", "$(id) ; x", "plug-{outlet}"],
    off: [path, "off"],
    secret: "secret:relay",
  });
  expect(pdu.commands).toEqual(["on", "off"]);
  await pdu.command("web1", "on");
  await pdu.command("db1", "off");
  expect(log()).toBe(
    "3:web1:$(id) ; x:plug-web1:web1:on:pw-of-relay\n1:off:::db1:off:pw-of-relay\n",
  );
});

test.each([
  ["ON", "on"],
  ["web1: on, 3 W", "on"],
  ["  OFF  ", "off"],
  ["hello\nweb1: off\n", "off"],
  ["db1: off", "unknown"],
  ["OFFLINE", "unknown"],
  ["OFF\nON", "unknown"],
  ["", "unknown"],
] as const)("an output of %j is %s", async (text, state) => {
  const { path } = command(`cat <<'EOF'\n${text}\nEOF`);
  const pdu = await open({ status: [path], ...byText });
  expect(await pdu.readOutlet("web1")).toMatchObject({ instance: "web1", label: "web1", state });
});

test.each([
  ["echo OFF; exit 1", 'the status command ended with 1: "OFF"'],
  ["echo OFF; kill -9 $$", 'the status command ended with 128: "OFF"'],
  ["head -c 40000 /dev/zero | tr '\\\\0' x; echo; echo OFF", "the status command ended with 0"],
  ["echo no such relay >&2; exit 3", 'the status command ended with 3: "no such relay"'],
])("%s is unknown, never off", async (script, note) => {
  const pdu = await open({ status: [command(script).path], ...byText });
  expect(await pdu.readOutlet("web1")).toMatchObject({
    state: "unknown",
    note: expect.stringContaining(note),
  });
});

test.each([
  [0, "on"],
  [2, "off"],
  [3, "unknown"],
  [1, "unknown"],
] as const)("by exit status: %i is %s, as fence agents say it", async (status, state) => {
  const { path } = command(`exit ${status}`);
  const pdu = await open({ status: [path], "on-status": [0], "off-status": [2] });
  expect((await pdu.read()).outlets).toMatchObject([
    { label: "web1", state },
    { label: "db1", state },
  ]);
});

test("without a status command nothing is ever known", async () => {
  const pdu = await open({ on: ["true"], off: ["true"] });
  expect(await pdu.readOutlet("web1")).toMatchObject({
    state: "unknown",
    note: "no status command is declared",
  });
});

test("what does not end is killed with all that it started, and may have happened", async () => {
  const { path, log } = command("(sleep 30; echo late >> $LOG) & echo $! >> $LOG; wait");
  const pdu = await open({ off: [path], status: [path], ...byText, timeout: "700ms" });
  expect((await failureOf(pdu.command("web1", "off"))).code).toBe("PDU_SILENT");
  const child = Number(log());
  // Killed, and reaped by whoever takes orphans; a process that is only a name is gone too.
  await expect
    .poll(() => {
      const status = `/proc/${child}/status`;
      return !existsSync(status) || /^State:\s+Z/m.test(readFileSync(status, "latin1"));
    })
    .toBe(true);
  expect((await failureOf(pdu.readOutlet("web1"))).code).toBe("PDU_SILENT");
});

test("what left its group is not listened to for ever: its outputs are closed", async () => {
  const { path, log } = command(
    `cat > "$0.daemon" <<'EOF'
trap "" PIPE
for n in $(seq 200); do echo alive || { echo closed >> "$1"; exit; }; sleep 0.1; done
EOF
setsid sh "$0.daemon" $LOG 2> /dev/null &`,
  );
  const pdu = await open({ off: [path], timeout: "700ms" });
  expect((await failureOf(pdu.command("web1", "off"))).code).toBe("PDU_SILENT");
  await expect.poll(log, { timeout: 5000 }).toBe("closed\n");
});

test.each(["kill -9 $$", "exit 255"])(
  "%s in the middle of a command: it may have happened",
  async (script) => {
    const pdu = await open({ off: [command(script).path] });
    expect((await failureOf(pdu.command("web1", "off"))).code).toBe("PDU_SILENT");
  },
);

test("one status that does not end leaves the others readable", async () => {
  const { path } = command('[ "$1" = web1 ] && exec sleep 30; echo OFF');
  const pdu = await open({ status: [path, "{outlet}"], ...byText, timeout: "500ms" });
  expect((await pdu.read()).outlets).toMatchObject([
    { label: "web1", state: "unknown", note: expect.stringContaining("did not end within 500ms") },
    { label: "db1", state: "off" },
  ]);
});

test("a command that fails is refused, with its words, and no secret in them", async () => {
  const { path } = command('echo "relay $OOB_SECRET: no such device" >&2; exit 4');
  const pdu = await open({ off: [path], secret: "secret:relay" });
  expect(await failureOf(pdu.command("web1", "off"))).toMatchObject({
    code: "PDU_REFUSED",
    message:
      'Cannot switch web1 off: the command ended with status 4: "relay [secret]: no such device"',
  });
});

test("a program that is not there: nothing was switched, and nothing can be read", async () => {
  const pdu = await open({
    off: ["/nonexistent/relay"],
    status: ["/nonexistent/relay"],
    ...byText,
  });
  expect((await failureOf(pdu.command("web1", "off"))).code).toBe("PDU_REFUSED");
  expect((await failureOf(pdu.readOutlet("web1"))).code).toBe("PDU_SILENT");
});

test("only the outlets of the entry are taken", async () => {
  const { path, log } = command("echo ran >> $LOG");
  const pdu = await open({ off: [path, "{outlet}"] });
  for (const name of ["db2", "--all", "web1\n", ""])
    expect((await failureOf(pdu.command(name, "off"))).code).toBe("OUTLET_UNKNOWN");
  expect((await failureOf(pdu.command("web1", "reset"))).code).toBe("PDU_REFUSED");
  expect(log()).toBe("");
});

test.each([
  [{ outlets: ["-rf"] }, "outlets"],
  [{ outlets: ["a b"] }, "outlets"],
  [{ outlets: [] }, "outlets"],
  [{ on: ["--version"] }, "on"],
  [{ on: ["{outlet}"] }, "on"],
  [{ status: ["x"] }, "status"],
  [{ status: ["x"], "on-text": ["ON"], "off-status": [2] }, "status"],
  [{ status: ["x"], "on-status": [0], "off-status": [1] }, "off-status"],
  [{ status: ["x"], "on-status": [0], "off-status": [127] }, "off-status"],
  [{ status: ["x"], "on-status": [0], "off-status": [0] }, "off-status"],
  [{ status: ["x"], "on-text": ["ON"], "off-text": ["ON"] }, "off-text"],
  [{ status: ["x"], "on-text": ["ON"], "off-text": ["*"] }, "off-text"],
  [{ status: ["x"], "on-text": ["ON"], "off-text": [""] }, "off-text"],
])("check() refuses %j", (raw, option) => {
  const { values } = readOptions(exec.options, { outlets: ["web1"], ...raw });
  expect(exec.check?.(values).map((fault) => fault.option)).toEqual([option]);
});
