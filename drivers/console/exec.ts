import { splitWords } from "oob/codec/shell-words";
import {
  defineConsole,
  type Link,
  type LinkNotice,
  numberOf,
  OobError,
  type OpenContext,
  type OptionValues,
  openPtyCommand,
  printable,
  textOf,
} from "oob/sdk";

export default defineConsole({
  summary: "A command on a terminal of its own: ssh, ipmitool sol, virsh console",
  sources: [
    "script(1) and setpriv(1), util-linux 2.38",
    "POSIX.1-2017 Shell and Utilities, 2.2.2: within single quotes every character is literal",
  ],
  options: {
    command: {
      kind: "list",
      required: true,
      summary:
        "program and arguments; one text is split into words as a shell would, and nothing is expanded",
    },
    term: { kind: "text", default: "vt220", summary: "TERM of the command" },
    rows: { kind: "integer", default: 24, min: 1, max: 1000, summary: "height of its terminal" },
    columns: { kind: "integer", default: 80, min: 1, max: 1000, summary: "width of its terminal" },
  },
  address: "command",
  identity: ["command"],
  spawns: true,
  check: (options) => {
    const wrong = faultOf(wordsOf(options));
    return wrong === undefined ? [] : [{ option: "command", message: wrong }];
  },
  open: openExec,
});

async function openExec(options: OptionValues, context: OpenContext): Promise<Link> {
  const words = wordsOf(options);
  const wrong = faultOf(words);
  if (wrong !== undefined) throw new OobError("USAGE", `Cannot run a command: ${wrong}`);
  const child = await openPtyCommand(
    {
      words,
      label: `exec ${printable(words.join(" "), 100)}`,
      term: textOf(options, "term") || "vt220",
      rows: numberOf(options, "rows", 24),
      columns: numberOf(options, "columns", 80),
    },
    context,
  );
  let tell: ((notice: LinkNotice) => void) | undefined;
  const read = async function* (): AsyncGenerator<Uint8Array, void> {
    yield* child.bytes;
    if (child.isClosing) return;
    const end = await child.ended;
    tell?.({ is: "note", text: end.text });
    if (end.status !== 0) throw child.loss(end.text);
  };
  return {
    label: child.label,
    bytes: { [Symbol.asyncIterator]: read },
    write: (bytes) => child.write(bytes),
    close: () => child.close(),
    onNotice: (listen) => {
      tell = listen;
    },
  };
}

function wordsOf(options: OptionValues): readonly string[] {
  const given = options.command;
  const listed =
    typeof given === "string" ? [given] : Array.isArray(given) ? given.map(String) : [];
  return listed.length === 1 ? splitWords(listed[0] ?? "") : listed;
}

function faultOf(words: readonly string[]): string | undefined {
  if (words.length === 0 || words[0] === "") return "it is empty";
  return words.some((word) => word.includes("\0")) ? "a NUL is in its words" : undefined;
}
