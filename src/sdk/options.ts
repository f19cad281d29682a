import type { Millis } from "../lib/clock.ts";

/** Kinds of value that an option of a driver or a runbook may have. */
export type OptionKind = "text" | "integer" | "boolean" | "duration" | "secret" | "choice" | "list";

/** One option, described as data: configuration, URLs, help and error messages all come from it. */
export interface OptionSpec {
  readonly kind: OptionKind;
  readonly summary: string;
  readonly required?: boolean;
  /** Says where the device is: neither required nor taken where the entry has `via:`. */
  readonly unlessVia?: true;
  readonly default?: string | number | boolean;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** The text names one of these, the tree's or the user's. */
  readonly profile?: "snmp" | "serial" | "menu";
}

/** What is wrong with options that are right one by one. */
export interface OptionFault {
  /** The option to be pointed at. */
  readonly option: string;
  readonly message: string;
  readonly hint?: string;
}

/** Options of a driver, by the name they have in oob.yaml. */
export type OptionSpecs = Readonly<Record<string, OptionSpec>>;

/** The value that an option has once read: durations are Millis, secrets are references fetched by name when needed. */
export type OptionValue = string | number | boolean | readonly string[] | SecretRef | undefined;

/** A secret by name. The value never sits in an options object. */
export interface SecretRef {
  readonly secret: string;
}

/** Options after reading, by name. */
export type OptionValues = Readonly<Record<string, OptionValue>>;

/** Reads a text option; "" where it was not given. */
export function textOf(options: OptionValues, name: string): string {
  const value = options[name];
  return typeof value === "string" ? value : "";
}

/** Reads a number (integer or duration); `otherwise` where it was not given. */
export function numberOf(options: OptionValues, name: string, otherwise: number): number {
  const value = options[name];
  return typeof value === "number" ? value : otherwise;
}

/** Reads a boolean; false where it was not given. */
export function flagOf(options: OptionValues, name: string): boolean {
  return options[name] === true;
}

/** Reads a duration; `otherwise` where it was not given. */
export function durationOf(options: OptionValues, name: string, otherwise: Millis): Millis {
  return numberOf(options, name, otherwise);
}

/** Reads a secret reference; undefined where it was not given. */
export function secretOf(options: OptionValues, name: string): SecretRef | undefined {
  const value = options[name];
  return typeof value === "object" && value !== null && "secret" in value ? value : undefined;
}
