import type { PowerVerb } from "../site/site.ts";

const WORDS: Readonly<Record<PowerVerb, (host: string) => string>> = {
  on: (host) => `switch ${host} on`,
  off: (host) => `switch ${host} off`,
  cycle: (host) => `cycle ${host}`,
  reset: (host) => `reset ${host}`,
  soft: (host) => `press the power button of ${host}`,
  nmi: (host) => `send an NMI to ${host}`,
};

/** What a verb does, in words: "switch web1 off". */
export const inWords = (verb: PowerVerb, host: string): string => WORDS[verb](host);
