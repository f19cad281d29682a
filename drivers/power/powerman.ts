/**
 * Nodes of a powermand: whatever it drives is behind it. powermand says "completed successfully" when a device took a
 * command, whether its relay moved or not: here it is read back as anywhere.
 *
 * - on, off: what it says of a node. It asks the device each time, and waits up to 10 s for a dead one.
 * - unknown: its "unknown", a node that it says two things of, or none. A node whose device does not answer is silent.
 *
 * Each request has a connection of its own, and one node: powermand expands brackets and commas, we never send any. It
 * expands aliases too, and one may have the name of a node: what it answers for more than that node is no outlet.
 */
import { PowermanCodec, type PowermanEvent } from "oob/codec/powerman";
import {
  definePower,
  durationOf,
  MAX_REQUEST_TIME,
  numberOf,
  OobError,
  type OutletCommand,
  type OutletReading,
  type Pdu,
  type PowerState,
  printable,
  seconds,
  type Talk,
  textOf,
  withTalk,
} from "oob/sdk";

const PORT = 10101;
const MAX_NODES = 20_000;
/** What can be asked of one node. Nothing that powermand would read as a list or as another word. */
const NODE = /^[A-Za-z0-9_][\w.:+-]{0,127}$/;
const COMMANDS: readonly OutletCommand[] = ["on", "off", "reset"];

/** What ended an answer (client_proto.h). */
const NO_SUCH_NODES = 209;
/** Devices failed: what they were told may have happened. */
const WITH_ERRORS: ReadonlySet<number> = new Set([204, 210, 211]);

export default definePower({
  summary: "Nodes of powerman's daemon, and all devices that it knows",
  sources: [
    "powerman src/libcommon/client_proto.h, powermand(8), powerman(1)",
    "tried on powermand 2.3.27 (Debian) driving serial PDUs",
  ],
  address: "host-port",
  options: {
    host: { kind: "text", required: true, summary: "name or address of powermand" },
    port: { kind: "integer", default: PORT, min: 1, max: 65535, summary: "its TCP port" },
    timeout: {
      kind: "duration",
      default: "15s",
      min: 100,
      max: MAX_REQUEST_TIME,
      summary: "how long one request may take; powermand itself waits 10s for a device",
    },
    settle: {
      kind: "duration",
      default: "15s",
      summary: "how long a device behind it may still show the old state",
    },
  },
  open(options, { clock }) {
    const host = textOf(options, "host");
    const port = numberOf(options, "port", PORT);
    const label = `powerman ${printable(host, 100)}:${port}`;
    const within = durationOf(options, "timeout", seconds(15));
    const hint =
      "Does powermand run there, and does its powerman.conf let it listen to this machine?";
    const peer = { label, host, port, within, hint };
    const ask: Ask = (...words) => {
      const codec = new PowermanCodec();
      return withTalk(peer, codec, clock, (talk) => converse(talk, codec, words));
    };
    return Promise.resolve(openDaemon(label, ask, durationOf(options, "settle", seconds(15))));
  },
});

/** All that was answered to one command. */
interface Answer {
  readonly code: number;
  readonly text: string;
  readonly nodes: ReadonlyMap<string, PowerState>;
  /** What the devices said that failed. */
  readonly troubles: string;
}
type Ask = (...words: readonly string[]) => Promise<Answer>;

function openDaemon(label: string, ask: Ask, settle: number): Pdu {
  return {
    label,
    commands: COMMANDS,
    settle,
    async read() {
      const answer = await ask("status");
      if (!isWhole(answer) && answer.nodes.size === 0) throw failure(label, "read", answer);
      const outlets = [...answer.nodes].map(([node, state]) => outlet(node, state, answer));
      return { family: "powerman", outlets };
    },
    async readOutlet(node) {
      const answer = await ask("status", nodeOf(node, label));
      const means = [...answer.nodes.keys()];
      if (means.some((name) => name !== node)) throw aliased(node, means, label);
      // A state that came with an error is what a device said before it fell silent.
      if (!isWhole(answer)) throw failure(label, `read "${node}"`, answer);
      return outlet(node, answer.nodes.get(node) ?? "unknown", answer);
    },
    async command(node, command) {
      if (!COMMANDS.includes(command))
        throw new OobError("PDU_REFUSED", `Cannot do "${command}": powerman has no such command`);
      const answer = await ask(command, nodeOf(node, label));
      if (!isWhole(answer)) throw failure(label, `switch "${node}" ${command}`, answer);
    },
    close: () => Promise.resolve(),
  };
}

/** Said to be done, with nothing that failed. */
const isWhole = ({ code, troubles }: Answer): boolean => code < 200 && troubles === "";

function outlet(node: string, state: PowerState, { troubles }: Answer): OutletReading {
  const note = troubles === "" ? 'powerman says "unknown"' : `powerman says "${troubles}"`;
  return {
    ...{ instance: node, label: node, state, pending: false },
    ...(state === "unknown" && { note }),
  };
}

function nodeOf(node: string, label: string): string {
  if (NODE.test(node)) return node;
  throw new OobError(
    "OUTLET_UNKNOWN",
    `Cannot use "${printable(node, 100)}" at ${label}: it is no name of one node`,
  );
}

/** Told off, it would take all of them. */
function aliased(node: string, means: readonly string[], label: string): OobError {
  const text = `Cannot use "${node}" at ${label}: it means ${printable(means.join(", "), 200)} there`;
  return new OobError("OUTLET_UNKNOWN", text, {
    hint: "An alias in its powerman.conf has that name: name the alias otherwise, or use the node itself",
  });
}

function failure(label: string, what: string, { code, text, troubles }: Answer): OobError {
  const said = printable(troubles === "" ? text : troubles, 200);
  const message = `Cannot ${what} at ${label}: it says "${said}"`;
  if (code === NO_SUCH_NODES)
    return new OobError("OUTLET_UNKNOWN", message, { hint: "Its nodes: powerman -l" });
  if (WITH_ERRORS.has(code) || code < 200)
    return new OobError("PDU_SILENT", message, {
      hint: "The device behind powermand does not answer, or not as its script expects: powerman -d",
    });
  return new OobError("PDU_REFUSED", message);
}

async function converse(
  talk: Talk<PowermanEvent>,
  codec: PowermanCodec,
  words: readonly string[],
): Promise<Answer> {
  const greeting = await talk.next();
  if (greeting.is !== "hello") {
    const said = greeting.is === "violation" ? printable(greeting.what, 80) : greeting.is;
    throw new OobError("PDU_UNKNOWN", `Cannot talk to powermand: what answers says "${said}"`, {
      hint: "Another service listens at that port",
    });
  }
  codec.ask("exprange");
  const listing = await answerOf(talk);
  // It turns over at each asking: a daemon that begins with it on would give lists now.
  if (!/ ON$/.test(listing.text))
    throw new OobError("PDU_UNKNOWN", 'Cannot talk to powermand: it does not know "exprange"');
  codec.ask(...words);
  return answerOf(talk);
}

async function answerOf(talk: Talk<PowermanEvent>): Promise<Answer> {
  const nodes = new Map<string, PowerState>();
  const troubles: string[] = [];
  for (;;) {
    const event = await talk.next();
    if (event.is === "end") {
      const { code, text } = event;
      return { code, text, nodes, troubles: printable(troubles.join("; "), 300) };
    }
    if (event.is === "trouble" && troubles.length < 8) troubles.push(event.text);
    if (event.is !== "node") continue;
    const { name, state } = event;
    const before = nodes.get(name);
    if (nodes.size < MAX_NODES || before !== undefined)
      nodes.set(name, before === undefined || before === state ? state : "unknown");
  }
}
