/**
 * Passwords that are written out where no secret can be named: in the arguments of a user's own command, which every
 * user of the machine sees in the list of processes, and in what a modem is told at first.
 */
import type { OptionSpecs, OptionValues } from "../sdk/options.ts";

/** Within one word; the group is what is shown of it. */
const IN_WORD = [
  // --password=word
  /^(--?(?:pass|passwd|password|passphrase|secret|token|api-?key))=[^$]/i,
  // NAME=value, as programs take it from their arguments, their environment or a query.
  /(?:^|[;&?,])(\w{0,40}(?:pass|passwd|password|passphrase|secret|token|api_?key)=)[^$&;,]/i,
  // scheme://user:password@host
  /(:\/\/)[^\s/@:]{1,100}:[^\s/@]{1,100}@/,
  // A SIM's PIN and the login of a data connection (3GPP TS 27.007).
  /(\+(?:CPIN|CLCK|CPWD|CGAUTH)=)/i,
];
/** A flag whose value is the next word. */
const FLAG = /^--?(?:pass|passwd|password|passphrase|secret|token|api-?key)$/i;
/** Short flags that mean a password in these programs alone. */
const OF_PROGRAM: Readonly<Record<string, RegExp>> = {
  ipmitool: /^-P./,
  ipmiconsole: /^-p./,
  ipmipower: /^-p./,
  sshpass: /^-p./,
  snmpset: /^-[AX]./,
  snmpget: /^-[AX]./,
  curl: /^-u[^\s:]+:./,
  mysql: /^-p./,
};
/** The option in which a password seems to be written out, and the word before it. */
export interface OpenSecret {
  readonly option: string;
  readonly behind: string;
}

/** Options of a driver in which a password seems to be written out. */
export function openSecrets(specs: OptionSpecs, values: OptionValues): OpenSecret[] {
  return Object.entries(values).flatMap(([option, value]) => {
    const kind = Object.hasOwn(specs, option) ? specs[option]?.kind : undefined;
    if (kind !== "text" && kind !== "list") return [];
    const words = [value].flat().flatMap((one) => (typeof one === "string" ? wordsOf(one) : []));
    const behind = openSecretIn(words);
    return behind === undefined ? [] : [{ option, behind }];
  });
}

/** Apart at blanks: a warning needs no exact words. */
const wordsOf = (text: string): string[] => text.split(/[\s"']+/).filter((word) => word !== "");

function openSecretIn(words: readonly string[]): string | undefined {
  const names = words.map((word) => word.split("/").at(-1) ?? "");
  const short = OF_PROGRAM[names.find((name) => Object.hasOwn(OF_PROGRAM, name)) ?? ""];
  const inWord = words.flatMap((word) =>
    IN_WORD.flatMap((pattern) => pattern.exec(word)?.[1] ?? []),
  );
  if (inWord.length > 0) return inWord[0];
  const flag = words.find((word, i) => {
    const next = words[i + 1] ?? "";
    // "-P word" and "-Pword" are the same to programs.
    const pair = /^-\w$/.test(word) && isValue(next) ? `${word}${next}` : word;
    return (FLAG.test(word) && isValue(next)) || short?.test(pair);
  });
  return flag !== undefined && FLAG.test(flag) ? flag : flag?.slice(0, 2);
}

/** Neither another flag nor something that a shell fills in. */
const isValue = (word: string): boolean => word !== "" && !/^[-$]/.test(word);
