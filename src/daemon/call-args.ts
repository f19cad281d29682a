import { OobError } from "../lib/errors.ts";

/** Longest text and longest list that a client may send. */
const MAX_TEXT = 4096;
const MAX_LIST = 16_384;

/** Arguments of a call as they came from a client: read one by one, nothing is taken on trust. */
export class CallArgs {
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: unknown) {
    this.#values =
      typeof values === "object" && values !== null && !Array.isArray(values)
        ? (values as Record<string, unknown>)
        : {};
  }

  #get(name: string): unknown {
    return Object.hasOwn(this.#values, name) ? this.#values[name] : undefined;
  }

  text(name: string): string {
    const value = this.#get(name);
    if (typeof value === "string" && value.length <= MAX_TEXT) return value;
    throw bad(name, "a text");
  }

  optionalText(name: string): string | undefined {
    return this.#get(name) === undefined ? undefined : this.text(name);
  }

  texts(name: string): string[] {
    const value = this.#get(name);
    if (
      Array.isArray(value) &&
      value.length <= MAX_LIST &&
      value.every((item) => typeof item === "string" && item.length <= MAX_TEXT)
    )
      return value as string[];
    throw bad(name, "a list of texts");
  }

  /** Texts by name. */
  record(name: string): Record<string, string> {
    const value = this.#get(name);
    if (typeof value !== "object" || value === null) throw bad(name, "texts by name");
    const entries = Object.entries(value);
    if (entries.length > MAX_LIST) throw bad(name, "fewer texts");
    for (const [, text] of entries)
      if (typeof text !== "string" || text.length > MAX_TEXT) throw bad(name, "texts by name");
    return Object.fromEntries(entries) as Record<string, string>;
  }

  number(name: string, min: number, max: number): number {
    const value = this.#get(name);
    if (typeof value === "number" && value >= min && value <= max) return value;
    throw bad(name, `a number from ${min} to ${max}`);
  }

  optionalNumber(name: string, min: number, max: number): number | undefined {
    return this.#get(name) === undefined ? undefined : this.number(name, min, max);
  }

  flag(name: string): boolean {
    const value = this.#get(name);
    if (typeof value === "boolean") return value;
    throw bad(name, "true or false");
  }

  optionalFlag(name: string): boolean | undefined {
    return this.#get(name) === undefined ? undefined : this.flag(name);
  }

  /** Arguments that stand together under one name. */
  optionalPart(name: string): CallArgs | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (typeof value === "object" && value !== null) return new CallArgs(value);
    throw bad(name, "a group of values");
  }

  choice<const Choice extends string>(name: string, choices: readonly Choice[]): Choice {
    const value = this.#get(name);
    const found = choices.find((choice) => choice === value);
    if (found !== undefined) return found;
    throw bad(name, `one of ${choices.join(", ")}`);
  }

  bytes(name: string): Uint8Array {
    const value = this.#get(name);
    if (value instanceof Uint8Array) return value;
    throw bad(name, "bytes");
  }
}

const bad = (name: string, wanted: string): OobError =>
  new OobError("USAGE", `Cannot take the call: "${name}" has to be ${wanted}`);
