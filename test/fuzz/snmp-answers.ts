/*
 * Every family's profile against agents that answer anything: wrong types, holes, ghosts, columns that loop or never
 * end, objects that were not asked for. No error but an OobError, a bound on requests, and never a state, a name or a
 * load that the agent did not say of that very outlet (snmp/oracle.ts).
 */
import { openSnmpPdu } from "../../src/core/snmp/snmp-pdu.ts";
import { OobError } from "../../src/lib/errors.ts";
import type { OutletCommand, OutletReading, Pdu } from "../../src/sdk/power.ts";
import type { SnmpProfile, SnmpTarget } from "../../src/sdk/snmp-profile.ts";
import { shippedProfiles } from "../core/snmp/shipped-profiles.ts";
import type { FuzzTarget } from "./fuzz-target.ts";
import { Oracle, type Said } from "./snmp/oracle.ts";
import { type Device, deviceOf, Tree } from "./snmp/tree.ts";
import { WIRE_FAULTS, Wire } from "./snmp/wire.ts";

const SECRET = "c0mmun1ty";
const TARGET: SnmpTarget = {
  host: "pdu",
  port: 161,
  login: { version: "2c", community: SECRET },
  timeout: 2000,
  tries: 2,
};
/** A walk may take 30 s, and a request takes 5 ms here; what a small agent refuses is asked for one by one. */
const MAX_REQUESTS = 20_000;
const MAX_CHANGES = 24;
const COMMANDS: readonly OutletCommand[] = ["off", "on", "cycle"];

const profiles = await shippedProfiles();
const devices: Device[] = [];
for (const [name, profile] of profiles) devices.push(await deviceOf(name, profile));

/** Numbers out of the input, zeros after its end. */
class Numbers {
  readonly #input: Uint8Array;
  #at = 0;

  constructor(input: Uint8Array) {
    this.#input = input;
  }

  get left(): number {
    return this.#input.length - this.#at;
  }

  readonly pick = (below: number): number => {
    const high = below > 256 ? (this.#input[this.#at++] ?? 0) * 256 : 0;
    return below === 0 ? 0 : (high + (this.#input[this.#at++] ?? 0)) % below;
  };
}

function spoil(tree: Tree, wire: Wire, numbers: Numbers): void {
  const { pick } = numbers;
  for (let n = 0; n < MAX_CHANGES && numbers.left > 0; n++) {
    const kind = pick(14);
    if (kind < 11) tree.change(kind, pick);
    else wire.faults.set(pick(24), WIRE_FAULTS[pick(WIRE_FAULTS.length)] ?? "timeout");
  }
}

/** Whatever goes wrong is said in words, without secrets. */
async function told<T>(wire: Wire, work: Promise<T>): Promise<T | undefined> {
  let result: T | undefined;
  try {
    result = await work;
  } catch (error) {
    if (!(error instanceof OobError) || error.code === "INTERNAL") throw error;
    if (error.message.length > 2000 || error.message.includes(SECRET))
      throw new Error(`tells too much: ${error.message}`);
  }
  if (wire.requests > MAX_REQUESTS) throw new Error(`${wire.requests} requests`);
  return result;
}

/** All that was said, earlier and now. */
function together(one: Said, other: Said): Said {
  const all = new Map(one);
  for (const [oid, values] of other) all.set(oid, [...(all.get(oid) ?? []), ...values]);
  return all;
}

function checkAll(outlets: readonly OutletReading[], oracle: Oracle): void {
  const seen = new Set<string>();
  for (const outlet of outlets) {
    if (seen.has(outlet.instance)) throw new Error(`outlet ${outlet.instance} is there twice`);
    seen.add(outlet.instance);
    oracle.check(outlet);
  }
}

/** What was written is the outlet's own object, once. */
function checkSets(
  profile: SnmpProfile,
  wire: Wire,
  instance: string,
  command: OutletCommand,
  oracle: Oracle,
) {
  const { write, read } = profile;
  const { sets } = wire;
  if (write === undefined && sets.length > 0)
    throw new Error("writes to a family that is read only");
  if (write === undefined || sets.length === 0) return;
  const wanted = [
    ...(write.unlock ? [write.unlock] : []),
    write[command as "on" | "off" | "cycle"],
  ];
  if (sets.length > wanted.length) throw new Error(`${sets.length} SETs for one command`);
  for (const [n, { oid, value }] of sets.entries()) {
    const one = wanted[n];
    if (one === undefined || oid !== oracle.place(one.oid, instance))
      throw new Error(`writes ${oid} for ${instance}`);
    if (read.list) checkList(wire.said.get(oid) ?? [], String(value), Number(instance), one.value);
    else if (value !== one.value) throw new Error(`writes ${String(value)}, not ${one.value}`);
  }
}

/** A list is what the agent said last, with one item changed. */
function checkList(
  said: Said extends ReadonlyMap<string, infer V> ? V : never,
  sent: string,
  place: number,
  value: number,
) {
  const fits = said.some(({ value: bytes }) => {
    const items = String(bytes)
      .replace(/[\0\s]+$/, "")
      .split(",");
    items[place - 1] = String(value);
    return items.join(",") === sent;
  });
  if (!fits) throw new Error(`writes the list "${sent}"`);
}

/** A device that is taken for whatever answers. */
async function readAny(pdu: Pdu, wire: Wire): Promise<void> {
  const before = wire.said;
  wire.forget();
  const reading = await told(wire, pdu.read());
  const profile = profiles.get(reading?.family ?? "");
  if (reading && profile)
    checkAll(reading.outlets, new Oracle(profile, wire.said, together(before, wire.said)));
}

async function use(pdu: Pdu, wire: Wire, device: Device, numbers: Numbers): Promise<void> {
  const { profile, instances } = device;
  let ever: Said = wire.said;
  wire.forget();
  const reading = await told(wire, pdu.read());
  ever = together(ever, wire.said);
  if (reading) checkAll(reading.outlets, new Oracle(profile, wire.said, ever));
  const instance = instances[numbers.pick(instances.length)] ?? "1";
  wire.forget();
  const outlet = await told(wire, pdu.readOutlet(instance));
  ever = together(ever, wire.said);
  if (outlet && outlet.instance !== instance)
    throw new Error(`reads ${outlet.instance} for ${instance}`);
  if (outlet) new Oracle(profile, wire.said, ever).check(outlet);
  wire.forget();
  wire.sets.length = 0;
  const command = COMMANDS[numbers.pick(COMMANDS.length)] ?? "off";
  await told(wire, pdu.command(instance, command));
  ever = together(ever, wire.said);
  checkSets(profile, wire, instance, command, new Oracle(profile, wire.said, ever));
}

let answers = 0;

const target: FuzzTarget = {
  answers: () => answers,
  seeds: [
    ...devices.map((_, n) => Uint8Array.of(n, n)),
    ...Array.from({ length: 14 }, (_, kind) => Uint8Array.of(kind, kind * 5, 3)),
    Uint8Array.of(2, 0, 1, 200, 7, 9),
    Uint8Array.of(13, 4, 6, 11, 3),
  ],
  async run(input) {
    const numbers = new Numbers(input);
    const device = devices[numbers.pick(devices.length)];
    if (!device) return;
    const all = numbers.pick(32) === 31;
    const tree = new Tree(device);
    const wire = new Wire(tree);
    spoil(tree, wire, numbers);
    const known = all ? profiles : new Map([[device.name, device.profile]]);
    const pdu = await told(wire, openSnmpPdu(TARGET, known, wire.clock, wire.open));
    if (pdu && all) await readAny(pdu, wire);
    else if (pdu) await use(pdu, wire, device, numbers);
    await pdu?.close();
    answers += wire.answers;
  },
};
export default target;
