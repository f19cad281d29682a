/**
 * Takes out of a recording what tells whose device it is, or opens it: addresses, names, serial numbers, communities,
 * users, passwords. The rule is not what to take out but what to leave: numbers, what the family's own columns say
 * (states, labels, model, firmware), and texts that every PDU says. Any other text becomes "text-N". The same value
 * is replaced by the same everywhere, so that what belonged together still does.
 */
import type { RecordedObject } from "../../codec/snmprec.ts";
import type { SnmpProfile } from "../../sdk/snmp-profile.ts";
import { compareOids } from "../snmp/snmp-wire.ts";
import { type Column, columnsOf } from "./capture-columns.ts";
import { isHarmless } from "./harmless-text.ts";
import { scrubbedOid } from "./scrub-oid.ts";
import { type Kind, Replacements } from "./scrub-replacements.ts";

const SYS_CONTACT = "1.3.6.1.2.1.1.4.0";
const SYS_NAME = "1.3.6.1.2.1.1.5.0";
const SYS_LOCATION = "1.3.6.1.2.1.1.6.0";
/** entPhysicalSerialNum (ENTITY-MIB). */
const ENTITY_SERIAL = "1.3.6.1.2.1.47.1.1.1.1.11.";
/** What a device says of its own kind: sysDescr, sysORDescr; entPhysicalDescr, name, revisions, manufacturer, model. */
const OF_ITS_KIND =
  /^1\.3\.6\.1\.2\.1\.(1\.1\.0|1\.9\.1\.3\.\d+|47\.1\.1\.1\.1\.(2|7|8|9|10|12|13)\.\d+)$/;
/** "SN: 5A0619E05333" and the like, in texts that are kept. */
const SERIAL_IN_TEXT = /\b(?:S\/?N|serial(?: ?(?:no|number))?)[.:# ]+\s*([A-Za-z0-9-]{4,40})/gi;

/** Whose recording it is: what must not be in it. */
export interface Scrubbing {
  readonly profile?: SnmpProfile;
  /** Communities, users and the like that were used to make it. */
  readonly credentials: readonly string[];
  /** How the device was addressed. */
  readonly host: string;
}

/** A recording that may be shown, and how many different values of each kind were replaced. */
export interface Scrubbed {
  readonly objects: readonly RecordedObject[];
  readonly replaced: Readonly<Partial<Record<Kind, number>>>;
}

/** The recording without what is nobody else's business. */
export function scrubRecording(objects: readonly RecordedObject[], scrubbing: Scrubbing): Scrubbed {
  const scrubber = new Scrubber(objects, scrubbing);
  const clean = objects
    .map((object) => scrubber.object(object))
    .sort((one, other) => compareOids(one.oid, other.oid));
  return { objects: clean, replaced: scrubber.replaced };
}

class Scrubber {
  readonly #columns: (oid: string) => Column | undefined;
  readonly #values = new Replacements();

  constructor(objects: readonly RecordedObject[], { profile, credentials, host }: Scrubbing) {
    this.#columns = profile ? columnsOf(profile) : () => undefined;
    this.#values.learn("address", [host]);
    this.#values.learn("credential", credentials);
    for (const object of objects) this.#learn(object);
  }

  get replaced() {
    return this.#values.counts;
  }

  #learn({ oid, value }: RecordedObject): void {
    const text = value instanceof Uint8Array ? textOf(value)?.trim() : String(value);
    if (!text) return;
    if (oid === SYS_NAME) this.#values.learn("host name", [text, text.split(".")[0] ?? ""]);
    const serial = oid.startsWith(ENTITY_SERIAL) || this.#columns(oid) === "serial";
    if (serial) this.#values.learn("serial number", [text]);
    for (const [, found = ""] of text.matchAll(SERIAL_IN_TEXT))
      if (/\d/.test(found)) this.#values.learn("serial number", [found]);
  }

  object(object: RecordedObject): RecordedObject {
    const oid = scrubbedOid(object.oid, this.#values);
    return { ...object, oid, value: this.#value(object) };
  }

  #value({ oid, type, value }: RecordedObject): RecordedObject["value"] {
    if (type === 64) return this.#values.address(String(value));
    if (type === 6) return scrubbedOid(String(value), this.#values);
    if (typeof value === "number")
      return this.#columns(oid) === "serial" ? this.#values.number("serial number", value) : value;
    if (!(value instanceof Uint8Array)) return value;
    const text = textOf(value);
    if (text === undefined) return this.#octets(oid, value);
    const scrubbed = this.#text(oid, text);
    return scrubbed === text ? value : octetsOf(scrubbed);
  }

  #text(oid: string, text: string): string {
    const bare = text.replace(/[\0\s]+$/, "");
    if (bare === "") return text;
    const whole = this.#wholeText(oid, bare);
    return whole ?? this.#values.inText(bare, this.#columns(oid) !== "kind");
  }

  /** What stands for the whole text; undefined: only parts of it have to go. */
  #wholeText(oid: string, text: string): string | undefined {
    if (oid === SYS_CONTACT) return this.#values.of("contact", text);
    if (oid === SYS_LOCATION) return this.#values.of("location", text);
    if (oid === SYS_NAME) return this.#values.of("host name", text);
    if (oid.startsWith(ENTITY_SERIAL)) return this.#values.of("serial number", text);
    const column = this.#columns(oid);
    if (column === "serial") return this.#values.of("serial number", text);
    if (column !== undefined && column !== "name") return undefined;
    if (OF_ITS_KIND.test(oid)) return undefined;
    if (isHarmless(text) && !this.#values.knows(text)) return text;
    if (column !== "name") return this.#values.replacedWhole(text) ?? this.#values.of("text", text);
    // Behind the name stands what the family has there ("name,rest").
    const [, name = text, rest = ""] = /^([^,]*)(,[\d.,\s-]*)$/.exec(text) ?? [];
    return isHarmless(name) ? text : this.#values.of("outlet name", name) + rest;
  }

  /** What is no text: bits of a state stay, addresses and anything longer does not. */
  #octets(oid: string, value: Uint8Array): Uint8Array {
    if (this.#columns(oid) !== undefined && this.#columns(oid) !== "serial") return value;
    if (value.length === 6) return this.#values.mac(value);
    const isDate = value.length === 8 || value.length === 11;
    if (value.length < 4 || (isDate && value[0] === 7)) return value;
    this.#values.count("octets", Buffer.from(value).toString("hex"));
    return new Uint8Array(value.length);
  }
}

/** The text in a value; undefined where it is none. */
function textOf(value: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(value);
    return /[\u0001-\u0008\u000b\u000c\u000e-\u001f\u007f]|\0[^\0]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

const octetsOf = (text: string): Uint8Array => new TextEncoder().encode(text);
