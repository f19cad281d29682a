/**
 * What may be told of an outlet, decided without the interpreter: by what the agent said under that outlet's own
 * OIDs, and by nothing else. A state that nobody said there is a wrong state.
 */
import { placeOf, withArc } from "../../../mocks/snmp-family.ts";
import type { OutletReading } from "../../../src/sdk/power.ts";
import type { Meter, SnmpProfile, StateMap } from "../../../src/sdk/snmp-profile.ts";
import type { Value } from "./answer.ts";

/** Everything that an agent said, by OID. */
export type Said = ReadonlyMap<string, readonly Value[]>;

const INTEGER = 2;
const OCTETS = 4;
const GAUGE = 0x42;
const COUNTER64 = 0x46;
const COUNTERS = [0x41, 0x43, COUNTER64];

/** One device and what it said: in the reading at hand, and since it was opened. */
export class Oracle {
  readonly #profile: SnmpProfile;
  readonly #now: Said;
  readonly #ever: Said;

  constructor(profile: SnmpProfile, now: Said, ever: Said) {
    this.#profile = profile;
    this.#now = now;
    this.#ever = ever;
  }

  /** Throws where an outlet is told to be what the agent did not say. */
  check(outlet: OutletReading): void {
    const { instance, state, pending } = outlet;
    const wrong = (why: string): never => {
      throw new Error(`outlet ${instance} of ${this.#profile.summary}: ${why}`);
    };
    if (state !== "unknown" && !this.#mayBe(instance, state)) wrong(`told ${state} without ground`);
    if (!pending && this.#mustWait(instance)) wrong("is not told to be pending");
    if (!this.#exists(instance)) wrong("does not exist");
    for (const [value, meter] of [
      [outlet.amps, this.#profile.outletAmps],
      [outlet.watts, this.#profile.outletWatts],
    ] as const)
      if (value !== undefined && !(meter && this.#metered(value, meter, instance)))
        wrong(`draws ${value}, which nobody said`);
    if (outlet.name !== undefined && !this.#isCalled(instance, outlet.name))
      wrong(`is not called "${outlet.name}"`);
  }

  /** OID of an outlet's object; undefined where no variable of its own has that name. */
  place(column: string, instance: string): string | undefined {
    const { scalars, dictionary } = this.#profile;
    const [table = column, word] = column.split("#");
    if (dictionary && word !== undefined) {
      const row = this.#variable(dictionary.names, instance, word);
      return row === undefined ? undefined : `${table}.${row}`;
    }
    const n = scalars ? scalars.indexOf(instance) + 1 : Number(instance);
    return withArc(this.#profile, placeOf(this.#profile, column, instance, n));
  }

  #cells(
    column: string | undefined,
    instance: string,
    suffix = "",
    said = this.#now,
  ): readonly Value[] {
    const oid = column === undefined ? undefined : this.place(column, instance);
    return (oid !== undefined && said.get(`${oid}${suffix}`)) || [];
  }

  #mayBe(instance: string, state: "on" | "off"): boolean {
    const { read, sensed, believedIf, remarks = [], only } = this.#profile;
    const against = (cells: readonly Value[], is: (one: Value) => boolean) =>
      cells.length > 0 && !cells.some(is);
    if (only && !this.#cells(only.oid, instance).some((one) => isOneOf(one, only.values)))
      return false;
    if (
      believedIf &&
      !this.#cells(believedIf.oid, instance).some((one) =>
        believedIf.matches.test(textIn(one) ?? ""),
      )
    )
      return false;
    for (const { doubt, oid, values, against: one = state } of remarks)
      if (
        doubt &&
        one === state &&
        against(this.#cells(oid, instance), (one) => !isOneOf(one, values))
      )
        return false;
    const senses = (one: Value) => isCell(one) === false || says(one, sensed ?? read) === state;
    if (sensed && against(this.#cells(sensed.oid, instance), senses)) return false;
    const first = this.#states(instance);
    if (first.some((one) => says(one, read) === state)) return true;
    const { otherwise } = read;
    if (otherwise === undefined) return false;
    const leaves =
      first.length === 0 || first.some((one) => !isCell(one) || isOneOf(one, otherwise.when ?? []));
    return (
      leaves &&
      this.#cells(otherwise.oid, instance, otherwise.suffix).some(
        (one) => says(one, otherwise.map ?? read) === state,
      )
    );
  }

  /** What stands in the state column, or in its place of the list. */
  #states(instance: string, said = this.#now): readonly Value[] {
    const { read } = this.#profile;
    const cells = this.#cells(read.oid, instance, "", said);
    if (!read.list) return cells;
    return cells.flatMap((one) => {
      const item = one.type === OCTETS ? bytesIn(one).split(",")[Number(instance) - 1] : undefined;
      return item === undefined ? [] : [{ type: OCTETS, value: Buffer.from(item, "latin1") }];
    });
  }

  #mustWait(instance: string): boolean {
    const { pending } = this.#profile;
    const cells = this.#cells(pending?.oid, instance);
    return (
      pending !== undefined &&
      cells.length > 0 &&
      cells.every((one) => isOneOf(one, pending.values))
    );
  }

  #exists(instance: string): boolean {
    const { match, read, dictionary, scalars } = this.#profile;
    if (dictionary) return (this.#ever.get(`${dictionary.names}.${instance}`) ?? []).some(isCell);
    if (scalars ?? read.list) return this.#states(instance, this.#ever).some(isCell);
    return match.probe.some((column) => this.#cells(column, instance, "", this.#ever).length > 0);
  }

  #isCalled(instance: string, name: string): boolean {
    const cells = this.#cells(this.#profile.name, instance);
    const { nameUntil } = this.#profile;
    return cells.some((one) => {
      const bytes = textIn(one) ?? "";
      const plain = /^[ -~]{0,100}$/.test(bytes.replace(/[\0\s]+$/, ""));
      const whole = bytes.replace(/[\0\s]+$/, "");
      return !plain || name === (nameUntil === undefined ? whole : whole.split(nameUntil)[0]);
    });
  }

  #metered(value: number, meter: Meter, instance: string): boolean {
    const { oid, digits, factor, suffix, scale = 1, absent = [] } = meter;
    const numbers = (column: string) => this.#cells(column, instance, suffix).flatMap(numberIn);
    const factors =
      factor === undefined
        ? [1]
        : numbers(factor).map((one) => (one < 0 ? -1 / one : Math.max(1, one)));
    const powers = digits === undefined ? [1] : numbers(digits).map((one) => 10 ** -one);
    return numbers(oid)
      .filter((raw) => raw >= 0 && !absent.includes(raw))
      .some((raw) =>
        factors.some((by) =>
          powers.some((of) => Math.abs(raw * scale * by * of - value) <= 1e-6 * Math.max(1, value)),
        ),
      );
  }

  /** The row of the variable of the same device whose name differs in its last word only. */
  #variable(names: string, instance: string, word: string): string | undefined {
    const device = instance.replace(/\.\d+$/, "");
    const called = (oid: string) => (this.#ever.get(oid) ?? []).map(textIn);
    for (const own of called(`${names}.${instance}`)) {
      const wanted = own?.replace(/\.[^.]*$/, word);
      for (const [oid] of this.#ever)
        if (oid.startsWith(`${names}.${device}.`) && called(oid).includes(wanted))
          return oid.slice(names.length + 1);
    }
    return undefined;
  }
}

/** Whether the agent has something there that is an object with a value that we read. */
const isCell = ({ type }: Value): boolean =>
  [INTEGER, OCTETS, GAUGE, 6, ...COUNTERS].includes(type);

function says(one: Value, map: StateMap): "on" | "off" | undefined {
  if (isOneOf(one, map.absent ?? [])) return undefined;
  const [on, off] = [isOneOf(one, map.on), isOneOf(one, map.off)];
  return on === off ? undefined : on ? "on" : "off";
}

/** An INTEGER or a gauge of that value, the same in decimal digits, or the word. */
function isOneOf(one: Value, values: readonly (number | string)[]): boolean {
  if (one.type === INTEGER || one.type === GAUGE) return values.includes(one.value as number);
  if (one.type !== OCTETS) return false;
  const text = bytesIn(one)
    .replace(/^\s+|[\0\s]+$/g, "")
    .toLowerCase();
  return values.includes(text) || (/^-?\d{1,10}$/.test(text) && values.includes(Number(text)));
}

const bytesIn = ({ value }: Value): string => (value as Buffer).toString("latin1");

function textIn(one: Value): string | undefined {
  if (one.type === OCTETS) return bytesIn(one);
  if (one.type === COUNTER64) return numberIn(one).join();
  return typeof one.value === "number" || one.type === 6 ? String(one.value) : undefined;
}

function numberIn(one: Value): number[] {
  if (typeof one.value === "number") return [one.value];
  if (one.type === COUNTER64)
    return [[...(one.value as Buffer)].reduce((sum, octet) => sum * 256 + octet, 0)];
  const text =
    one.type === OCTETS
      ? bytesIn(one)
          .replace(/[\0\s]+$/, "")
          .trim()
      : "";
  return /^-?\d{1,10}(\.\d{1,9})?$/.test(text) ? [Number(text)] : [];
}
