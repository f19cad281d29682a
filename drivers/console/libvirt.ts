/*
 * `virsh console` on a terminal of its own. virsh takes one byte for itself, and no doubling brings it through: it ends
 * the console where that byte is the first of what virsh reads. It is ^^ (0x1e) here, which nobody types, and a write
 * that has one is refused as a whole.
 */
import {
  defineConsole,
  flagOf,
  type Link,
  latin1,
  type Millis,
  OobError,
  type OpenContext,
  type OptionFault,
  type OptionValues,
  openPtyCommand,
  type PtyChild,
  printable,
  runCommand,
  seconds,
  textOf,
} from "oob/sdk";

const ESCAPE = 0x1e;
const OPEN_TIMEOUT: Millis = seconds(30);
const BREAK_TIMEOUT: Millis = seconds(10);
/** virsh says "Connected" before it is; a refusal follows, and its end within 0.35 s (measured). */
const SECOND_THOUGHTS: Millis = seconds(1);
const MAX_GREETING = 4096;
const GREETING = /Connected to domain [^\n]*\nEscape character is [^\n]*\n/;

export default defineConsole({
  summary: "Console of a libvirt domain, through virsh",
  sources: [
    "virsh(1) of libvirt 9.0: console, qemu-monitor-command; tools/virsh-console.c",
    "libvirtd with QEMU 7.2, qemu:///session",
  ],
  address: "none",
  identity: ["uri", "domain", "devname"],
  spawns: true,
  options: {
    domain: { kind: "text", required: true, summary: "name, id or UUID of the domain" },
    uri: { kind: "text", default: "qemu:///system", summary: "libvirt's connection URI" },
    devname: { kind: "text", summary: "alias of the device: serial0, console1; else the first" },
    take: { kind: "boolean", default: false, summary: "ends somebody else's session (--force)" },
    safe: {
      kind: "boolean",
      default: false,
      summary: "only where libvirt keeps two sessions apart (--safe)",
    },
    tool: { kind: "text", default: "virsh", summary: "path of virsh" },
  },
  check: optionFaults,
  open: openConsole,
});

function optionFaults(options: OptionValues): readonly OptionFault[] {
  return ["domain", "uri", "devname"]
    .filter((option) => textOf(options, option).startsWith("-"))
    .map((option) => ({ option, message: 'it begins with "-", as options of virsh do' }));
}

async function openConsole(options: OptionValues, context: OpenContext): Promise<Link> {
  const [fault] = optionFaults(options);
  if (fault) throw new OobError("USAGE", `Cannot use this ${fault.option}: ${fault.message}`);
  const domain = textOf(options, "domain");
  const devname = textOf(options, "devname");
  const virsh = [
    ...[textOf(options, "tool") || "virsh", "-e", "^^"],
    ...["-c", textOf(options, "uri") || "qemu:///system"],
  ];
  const words = [
    ...[...virsh, "console", domain],
    ...(devname === "" ? [] : ["--devname", devname]),
    ...(flagOf(options, "take") ? ["--force"] : []),
    ...(flagOf(options, "safe") ? ["--safe"] : []),
  ];
  const label = `libvirt ${printable(domain, 100)}`;
  const child = await openPtyCommand({ words, label, splitErrors: true }, context);
  const bytes = child.bytes[Symbol.asyncIterator]();
  try {
    const first = await greeting(child, bytes, context);
    const id = `char${devname === "" ? "serial0" : devname}`;
    return linkOf(child, first, bytes, () =>
      sendBreak(label, [...virsh, "qemu-monitor-command", domain], id, context),
    );
  } catch (thrown) {
    await child.close();
    throw thrown;
  }
}

/** Waits until virsh has the console; returns what came of it already. */
async function greeting(
  child: PtyChild,
  bytes: AsyncIterator<Uint8Array>,
  context: OpenContext,
): Promise<Uint8Array> {
  const { clock, signal } = context;
  const giveUp = () => void child.close();
  const timer = clock.after(OPEN_TIMEOUT, giveUp);
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    let text = "";
    while (text.length <= MAX_GREETING) {
      const { done, value } = await bytes.next();
      if (done) break;
      text += Buffer.from(value).toString("latin1");
      const found = GREETING.exec(text);
      if (!found) continue;
      const rest = text.slice(found.index + found[0].length);
      const stays = await Promise.race([
        child.ended.then(() => false),
        clock.sleep(SECOND_THOUGHTS).then(() => true),
      ]);
      if (stays && !signal.aborted && errorOf(child.errorText) === "") return latin1(rest);
      break;
    }
  } finally {
    timer.cancel();
    signal.removeEventListener("abort", giveUp);
  }
  if (signal.aborted)
    throw new OobError("INTERRUPTED", `Cannot open ${child.label}: the attempt was given up`);
  throw refusal(child);
}

// What virsh says, whether the console is taken, what to do.
const REFUSALS: readonly (readonly [RegExp, "PORT_BUSY" | "LINK_REFUSED", string])[] = [
  [
    /Active console session/,
    "PORT_BUSY",
    "Somebody else has this console; take: true ends their session",
  ],
  [/domain is not running/, "LINK_REFUSED", "Switch the machine on: oob power on"],
  [/failed to get domain/, "LINK_REFUSED", "Look up its name: virsh list --all"],
  [/cannot find (?:character )?device/, "LINK_REFUSED", "Look up its alias: virsh dumpxml"],
  [
    /failed to connect|Failed to connect socket/,
    "LINK_REFUSED",
    "Does libvirtd run, and may this user use it (group libvirt)?",
  ],
  [
    /authentication|access denied|ermission denied/,
    "LINK_REFUSED",
    "This user may not use libvirt: add it to the group libvirt",
  ],
];

function refusal(child: PtyChild): OobError {
  const said = errorOf(child.errorText);
  const [, code, hint] = REFUSALS.find(([pattern]) => pattern.test(said)) ?? [];
  const why = said === "" ? "virsh ended without a word" : `virsh says "${said}"`;
  return new OobError(code ?? "LINK_REFUSED", `Cannot open ${child.label}: ${why}`, {
    ...(hint !== undefined && { hint }),
  });
}

/** The last error among what virsh said; warnings stand there as well. */
function errorOf(said: string): string {
  const errors = said.split("\n").filter((line) => line.startsWith("error: "));
  return printable(errors.at(-1)?.slice("error: ".length).trim() ?? "", 200);
}

function linkOf(
  child: PtyChild,
  first: Uint8Array,
  bytes: AsyncIterator<Uint8Array>,
  sendBreakThere: () => Promise<void>,
): Link {
  const read = async function* (): AsyncGenerator<Uint8Array, void> {
    if (first.length > 0) yield first;
    for (;;) {
      const { done, value } = await bytes.next();
      if (done) break;
      yield value;
    }
    if (child.isClosing) return;
    const end = await child.ended;
    const said = errorOf(child.errorText);
    if (said !== "" || end.status !== 0)
      throw child.loss(said === "" ? end.text : `virsh says "${said}"`);
  };
  return {
    label: child.label,
    bytes: { [Symbol.asyncIterator]: read },
    async write(typed) {
      if (typed.includes(ESCAPE))
        throw new OobError(
          "LINK_UNSUPPORTED",
          `Cannot type ^^ (0x1e) to ${child.label}: virsh takes it for its own escape key`,
        );
      await child.write(typed);
    },
    sendBreak: sendBreakThere,
    close: () => child.close(),
  };
}

/** BREAK by the machine's monitor: virsh has none of its own. Only QEMU domains have a monitor. */
async function sendBreak(
  label: string,
  words: readonly string[],
  id: string,
  context: OpenContext,
): Promise<void> {
  const command = JSON.stringify({ execute: "chardev-send-break", arguments: { id } });
  const { clock } = context;
  const { status, out, err } = await runCommand([...words, command], {
    clock,
    timeout: BREAK_TIMEOUT,
  });
  // QEMU's own refusal comes with status 0: {"id":"libvirt-12","error":{"class":…,"desc":…}}
  const refused = /"desc":"([^"]*)"/.exec(out)?.[1];
  if (status === 0 && refused === undefined) return;
  const why = printable(refused ?? errorOf(err), 200);
  throw new OobError("LINK_UNSUPPORTED", `Cannot send BREAK to ${label}: virsh says "${why}"`, {
    hint: "BREAK works for serial ports of QEMU domains; devname tells which one",
  });
}
