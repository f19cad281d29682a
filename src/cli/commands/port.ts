import type { PortFound } from "../../daemon/offline.ts";
import type { Clock } from "../../lib/clock.ts";
import { OobError } from "../../lib/errors.ts";
import { defineCommand, type SharedOptions } from "../command.ts";
import { EXIT } from "../exit-codes.ts";
import { JSON_VERSION } from "../json-views.ts";
import { countOption, durationOption } from "../option-values.ts";
import type { Output } from "../output.ts";
import { heardPort, listedPort, portView, testedPort } from "../port-report.ts";
import { chooseVerb } from "../verbs.ts";

interface Options {
  readonly baud?: number;
  readonly format?: string;
  readonly for?: number;
  readonly enter?: boolean;
  readonly loopback?: boolean;
}

interface TestCall {
  readonly out: Output;
  readonly options: Options & SharedOptions;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export default defineCommand<Options>({
  usage: "<verb> [ports...]",
  about: `list      ports of this machine, their stable names, and what stands in their way
scan      listens at the usual speeds and says where it looks like text
identify  the same, with what it is, its last lines, and an entry to copy
test      opens a port: its modem lines, whether it carries BREAK; --loopback sends bytes round

Without names: all ports. A port that somebody has is left alone. Nothing is typed without --enter.`,
  options: [
    { flags: "--baud <speed>", summary: "this speed only", parse: countOption },
    { flags: "--format <format>", summary: "8n1, 7e1 …, for test", default: "8n1" },
    { flags: "--for <time>", summary: "listen so long at each speed (5s)", parse: durationOption },
    { flags: "--enter", summary: "press Enter where nothing comes: hosts see it" },
    { flags: "--loopback", summary: "a plug joins TX and RX: send all byte values round" },
  ],
  examples: ["oob port scan", "oob port identify /dev/ttyUSB0 --enter"],
  siteless: true,
  async run({ out, args, options, context, interrupt }) {
    const [word = "", ...names] = args;
    const verb = chooseVerb("port", word, ["list", "scan", "identify", "test"]);
    const { clock } = context;
    const { signal } = interrupt;
    const ports = await import("../../daemon/offline.ts");
    const found = await ports.findPorts(names);
    if (found.length === 0) out.talk("no serial port on this machine");
    const print = <Found extends PortFound>(all: readonly Found[], show: (one: Found) => void) => {
      if (options.json) out.json({ v: JSON_VERSION, ports: all.map((one) => portView(one)) });
      else all.forEach(show);
    };
    if (verb === "list") {
      print(found, (one) => listedPort(out, one));
      return undefined;
    }
    if (verb === "test") return await test(ports, names, { out, options, clock, signal });
    const heard = await ports.listenAtPorts(found, {
      clock,
      signal,
      speeds: options.baud === undefined ? ports.USUAL_SPEEDS : [options.baud],
      listenFor: options.for ?? ports.LISTEN_FOR,
      enter: options.enter === true,
      progress: (text) => out.talk({ text, style: "dim" }),
    });
    print(heard, (one) => heardPort(out, one, verb === "identify"));
    return heard.some(({ error }) => error) ? EXIT.failed : undefined;
  },
});

async function test(
  ports: typeof import("../../daemon/offline.ts"),
  names: readonly string[],
  { out, options, ...world }: TestCall,
): Promise<number | undefined> {
  const [path = "", ...more] = names;
  if (path === "" || more.length > 0)
    throw new OobError("USAGE", "Cannot test without one port", {
      hint: "oob port list shows the names",
    });
  const { baud = 115_200, format = "8n1", loopback = false } = options;
  const found = await ports.testPort({ path, baud, format }, loopback, world);
  if (options.json) out.json({ v: JSON_VERSION, ...found });
  else testedPort(out, found);
  return found.loopback === undefined || found.loopback === 256 ? undefined : EXIT.failed;
}
