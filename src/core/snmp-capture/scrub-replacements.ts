import { isIPv6 } from "node:net";

/** What is taken out of recordings, in the words in which people are told of it. */
export type Kind =
  | "address"
  | "MAC address"
  | "e-mail address"
  | "host name"
  | "outlet name"
  | "serial number"
  | "credential"
  | "contact"
  | "location"
  | "text"
  | "text in an index"
  | "octets";

/** Shorter words are replaced only where they are the whole text: "1" as a community is everywhere. */
const LEAST_WORD = 3;

const IPV4 = /(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])/g;
const IPV6 = /(?<![\w:])(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{1,4}(?![\w:])/gi;
const MAC = /(?<![0-9a-z])[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}(?![0-9a-z])/gi;
const MAIL = /[\w.+-]{1,64}@[\w.-]{1,200}/g;

/** What stands for what: the same for the same, and nothing that could be turned back. */
export class Replacements {
  readonly #given = new Map<Kind, Map<string, string>>();
  /** Words known from the beginning, and what they are. */
  readonly #known = new Map<string, Kind>();

  /** Words that have to go wherever they stand. */
  learn(kind: Kind, words: readonly string[]): void {
    for (const word of words) if (word !== "") this.#known.set(word, kind);
  }

  get counts(): Partial<Record<Kind, number>> {
    return Object.fromEntries([...this.#given].map(([kind, values]) => [kind, values.size]));
  }

  /** What stands for the value: "outlet name-3". */
  of(kind: Kind, value: string): string {
    return this.#get(kind, value, (n) => `${kind.replaceAll(" ", "-")}-${n}`);
  }

  count(kind: Kind, value: string): void {
    this.#get(kind, value, String);
  }

  number(kind: Kind, value: number): number {
    return Number(this.#get(kind, String(value), (n) => String(1_000_000 + n)));
  }

  /** An address of the networks for examples (RFC 5737); "0.0.0.0" is none. */
  address(value: string): string {
    if (/^(?:0\.0\.0\.0|255[\d.]*)$/.test(value)) return value;
    return this.#get("address", value, (n) => `192.0.2.${n % 256}`);
  }

  knowsAddress(value: string): boolean {
    return this.#known.get(value) === "address" || this.#given.get("address")?.has(value) === true;
  }

  mac(value: Uint8Array): Uint8Array {
    const text = this.#mac([...value].map((octet) => octet.toString(16).padStart(2, "0")).join(""));
    return Uint8Array.from(text.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16));
  }

  /** Letters in the same number: an index says how many follow. */
  sameLength(kind: Kind, value: string): string {
    if (/^[0-9a-f]{12}$/i.test(value)) return this.#mac(value).toUpperCase();
    return this.#get(kind, value, (n) =>
      String(n).padStart(value.length, "X").slice(-value.length),
    );
  }

  /** true where the whole text is a word that has to go. */
  knows(text: string): boolean {
    return this.replacedWhole(text) !== undefined;
  }

  /** What stands for a text that is, as a whole, a word that has to go. */
  replacedWhole(text: string): string | undefined {
    const kind = this.#known.get(text);
    if (kind === undefined) return undefined;
    return kind === "address" ? this.#word(text) : this.of(kind, text);
  }

  /** The text without such words, and without anything that looks like an address. `numbers`: versions look like one. */
  inText(text: string, numbers = true): string {
    let clean = this.replacedWhole(text) ?? text;
    const words = [...this.#known.keys()].filter((word) => word.length >= LEAST_WORD);
    for (const word of words.sort((a, b) => b.length - a.length))
      if (clean.includes(word)) clean = clean.replaceAll(word, this.replacedWhole(word) ?? "");
    clean = clean
      .replace(MAIL, (mail) => this.of("e-mail address", mail))
      .replace(MAC, (mac, mark: string) => this.#macText(mac, mark))
      .replace(IPV6, (text) => (isIPv6(text) ? this.#address6(text) : text));
    return numbers ? clean.replace(IPV4, (address) => this.address(address)) : clean;
  }

  #address6(address: string): string {
    return this.#get("address", address, (n) => `2001:db8::${n.toString(16)}`);
  }

  #word(address: string): string {
    return /^[\d.]+$/.test(address) ? this.address(address) : this.of("address", address);
  }

  #macText(mac: string, mark: string): string {
    return (this.#mac(mac.replaceAll(mark, "")).match(/../g) ?? []).join(mark);
  }

  /** Locally administered, so nobody's. */
  #mac(digits: string): string {
    const make = (n: number) => `020000${n.toString(16).padStart(6, "0")}`;
    return this.#get("MAC address", digits.toLowerCase(), make);
  }

  #get(kind: Kind, value: string, make: (n: number) => string): string {
    const values = this.#given.get(kind) ?? new Map<string, string>();
    this.#given.set(kind, values);
    const known = values.get(value);
    if (known !== undefined) return known;
    const made = make(values.size + 1);
    values.set(value, made);
    return made;
  }
}
