import { PowermanCodec } from "../../src/codec/powerman.ts";
import { powermanSubject } from "../codec/powerman-subject.ts";
import { codecTarget, type FuzzTarget } from "./fuzz-target.ts";

const laws = codecTarget(powermanSubject);
const PROMPT = "powerman> ";

/** What a line says of a node, read without patterns: its name and the word behind it. */
function nodeIn(line: string): string | undefined {
  let rest = line.endsWith("\r") ? line.slice(0, -1) : line;
  while (rest.startsWith(PROMPT)) rest = rest.slice(PROMPT.length);
  if (!rest.startsWith("303 ")) return undefined;
  const [name = "", word = "", ...more] = rest.slice(4).split(" ");
  const short = name.length > 1 && name.length <= 257 && word.length > 0 && word.length <= 32;
  if (!short || !name.endsWith(":") || more.length > 0 || /\s/.test(name + word)) return undefined;
  return `${name.slice(0, -1)} ${word === "on" || word === "off" ? word : "unknown"}`;
}

/** The three laws, and no state of a node that no line says. */
const target: FuzzTarget = {
  seeds: laws.seeds,
  run(input) {
    laws.run(input);
    const told = new PowermanCodec()
      .receive(input)
      .flatMap((event) => (event.is === "node" ? [`${event.name} ${event.state}`] : []));
    const lines = new TextDecoder("utf-8", { ignoreBOM: true }).decode(input).split("\n");
    const said = lines.slice(0, -1).flatMap((line) => nodeIn(line) ?? []);
    if (told.join("\n") !== said.join("\n"))
      throw new Error(`tells ${told.join()}, and it said ${said.join()}`);
  },
};
export default target;
