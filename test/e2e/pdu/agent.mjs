// A program for snmpd's pass_persist: one APC rPDU with relays in a file, so that a test sees what really happened.
// usage: agent.mjs STATEFILE
import { readFileSync, writeFileSync } from "node:fs";
import { createInterface } from "node:readline";

const file = process.argv[2];
const RPDU = ".1.3.6.1.4.1.318.1.1.12";
const OUTLETS = 8;
const relays = () => JSON.parse(readFileSync(file, "utf8"));
const arcs = (oid) => oid.split(".").filter(Boolean).map(Number);

function compare(one, other) {
  const [left, right] = [arcs(one), arcs(other)];
  for (let i = 0; i < Math.max(left.length, right.length); i++)
    if ((left[i] ?? -1) !== (right[i] ?? -1)) return (left[i] ?? -1) - (right[i] ?? -1);
  return 0;
}

function objects() {
  const on = relays();
  const all = [
    ["1.5.0", "string", "AP7900"],
    ["1.6.0", "string", "E2E0001"],
  ];
  for (let n = 1; n <= OUTLETS; n++)
    all.push(
      [`3.3.1.1.4.${n}`, "integer", on[n] ? 1 : 2],
      [`3.5.1.1.2.${n}`, "string", `host${n}`],
      [`3.5.1.1.4.${n}`, "integer", on[n] ? 1 : 2],
      [`3.5.1.1.5.${n}`, "integer", 2],
    );
  return all
    .map(([tail, type, value]) => [`${RPDU}.${tail}`, type, value])
    .sort(([one], [other]) => compare(one, other));
}

function write(oid, typed) {
  const [type, value] = typed.split(" ");
  const n = Number(oid.slice(`${RPDU}.3.3.1.1.4.`.length));
  if (!oid.startsWith(`${RPDU}.3.3.1.1.4.`)) return "not-writable";
  if (type !== "integer") return "wrong-type";
  if (!(n >= 1 && n <= OUTLETS)) return "no-creation";
  if (value !== "1" && value !== "2") return "wrong-value";
  writeFileSync(file, JSON.stringify({ ...relays(), [n]: value === "1" }));
  return "DONE";
}

const say = (...lines) => process.stdout.write(`${lines.join("\n")}\n`);
const lines = createInterface(process.stdin)[Symbol.asyncIterator]();
const next = async () => (await lines.next()).value?.trim();

for (;;) {
  const command = await next();
  if (command === undefined) break;
  if (command === "PING") say("PONG");
  else if (command === "get" || command === "getnext") {
    const oid = await next();
    const found = objects().find(([one]) =>
      command === "get" ? one === oid : compare(one, oid) > 0,
    );
    say(...(found ?? ["NONE"]));
  } else if (command === "set") say(write(await next(), await next()));
}
