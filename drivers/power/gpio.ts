/**
 * Relays on lines of a GPIO chip of this machine, through the kernel's sysfs: there a line stays driven when the program
 * that set it has ended. gpioset of libgpiod lets go of the line as it ends, and gpioget of libgpiod 1 makes it an input
 * before it reads: with either, looking at a relay may switch it.
 *
 * - on, off: the level of a line that is an output, turned round where the relay board is active low.
 * - unknown: a line that is an input drives nothing, and what its relay does depends on the board.
 *
 * A line is known by its chip's label and its offset there. Its number among all lines of the machine changes with the
 * kernel, and another chip's line would be switched.
 */
import { constants } from "node:fs";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  definePower,
  flagOf,
  messageOf,
  namedValues,
  OobError,
  type OptionFault,
  type OptionValues,
  type OutletCommand,
  type OutletReading,
  type Pdu,
  printable,
  seconds,
  textOf,
} from "oob/sdk";

const SYSFS = "/sys/class/gpio";
const COMMANDS: readonly OutletCommand[] = ["on", "off"];
const MAX_OFFSET = 4095;
const NO_SYSFS =
  "The kernel needs CONFIG_GPIO_SYSFS; without it use the exec driver with libgpiod 2";

export default definePower({
  summary: "Relays on GPIO lines of this machine, through the kernel's sysfs",
  sources: [
    "Linux Documentation/userspace-api/gpio/sysfs.rst: direction high and low, active_low",
    "libgpiod 1.6 gpioset --help, gpioget(1) of 2.2: why not by them",
    "tried on Linux 6.1: a chip made of software, and its sysfs",
  ],
  address: "none",
  options: {
    chip: {
      kind: "text",
      required: true,
      summary: "label of the chip: gpioinfo, or …/gpiochip*/label",
    },
    lines: { kind: "list", required: true, summary: "NAME=OFFSET of each relay: web1=17" },
    "active-low": { kind: "boolean", default: false, summary: "the relay is on at low level" },
    path: { kind: "text", default: SYSFS, summary: "folder of the GPIO class" },
  },
  check: optionFaults,
  open(options) {
    const [fault] = optionFaults(options);
    if (fault) throw new OobError("CONFIG_INVALID", `Cannot use GPIO: ${fault.message}`);
    return Promise.resolve(openLines(options));
  },
});

function optionFaults(options: OptionValues): readonly OptionFault[] {
  const lines = namedValues(options, "lines");
  const offsets = [...(lines?.values() ?? [])];
  if (!lines?.size || !offsets.every((one) => /^\d{1,4}$/.test(one) && Number(one) <= MAX_OFFSET))
    return [{ option: "lines", message: "expected NAME=OFFSET, as web1=17" }];
  if (new Set(offsets.map(Number)).size === offsets.length) return [];
  return [{ option: "lines", message: "one line stands there under two names" }];
}

function openLines(options: OptionValues): Pdu {
  const root = textOf(options, "path") || SYSFS;
  const chip = textOf(options, "chip");
  const lines = namedValues(options, "lines") ?? new Map<string, string>();
  const inverted = flagOf(options, "active-low");
  const label = `gpio ${printable(chip, 60)}`;
  /** The folder of a line, exported where it was not. */
  const folderOf = async (name: string): Promise<string> => {
    const offset = lines.get(name);
    if (offset !== undefined) {
      const { first, count } = await linesOf(root, chip, label);
      if (Number(offset) < count) return exported(root, first, offset, name);
      // Behind the last one the next chip begins: another relay would be switched.
      const has = `it has the lines 0 to ${count - 1}, not ${Number(offset)}`;
      throw new OobError("OUTLET_UNKNOWN", `Cannot use "${name}" of ${label}: ${has}`);
    }
    throw new OobError("OUTLET_UNKNOWN", `Cannot use "${printable(name, 100)}" of ${label}`, {
      hint: `Its lines: ${[...lines.keys()].join(", ")}`,
    });
  };
  const readOne = async (name: string): Promise<OutletReading> => {
    const folder = await folderOf(name);
    const direction = await word(folder, "direction", label);
    const value = await word(folder, "value", label);
    const turned = await word(folder, "active_low", label);
    const seen = { instance: name, label: name, pending: false };
    if (direction !== "out")
      return { ...seen, state: "unknown", note: "the line is an input: it drives no relay" };
    if (!/^[01]$/.test(value) || !/^[01]$/.test(turned))
      return { ...seen, state: "unknown", note: `its value is "${printable(value, 20)}"` };
    const high = (value === "1") !== (turned === "1");
    return { ...seen, state: high !== inverted ? "on" : "off" };
  };
  return {
    label,
    commands: COMMANDS,
    settle: seconds(1),
    async read() {
      const outlets: OutletReading[] = [];
      for (const name of lines.keys()) outlets.push(await readOne(name).catch(unreadable(name)));
      return { family: "gpio", outlets };
    },
    readOutlet: readOne,
    async command(name, command) {
      if (!COMMANDS.includes(command))
        throw new OobError("PDU_REFUSED", `Cannot do "${command}" to ${name}: it is a relay`);
      const high = (command === "on") !== inverted;
      const folder = await folderOf(name);
      // Direction and level at once: an output never shows the wrong level in between.
      await write(join(folder, "direction"), high ? "high" : "low", `switch ${name} of ${label}`);
    },
    close: () => Promise.resolve(),
  };
}

/** Lines of a chip, as the machine numbers them. */
interface ChipLines {
  readonly first: number;
  readonly count: number;
}

/** A line that another program has, or that is not there, takes the others with it as little as a relay that is stuck. */
const unreadable =
  (name: string) =>
  (error: unknown): OutletReading => {
    const alone =
      error instanceof OobError && ["PDU_REFUSED", "OUTLET_UNKNOWN"].includes(error.code);
    if (!alone) throw error;
    return { instance: name, label: name, state: "unknown", pending: false, note: error.message };
  };

/** The chip's first line, and how many it has. Throws PDU_UNKNOWN where no chip, or more than one, has this label. */
async function linesOf(root: string, chip: string, label: string): Promise<ChipLines> {
  const entries = await readdir(root).catch((cause: unknown) => {
    throw new OobError("PDU_SILENT", `Cannot read ${label}: ${messageOf(cause)}`, {
      cause,
      hint: NO_SYSFS,
    });
  });
  const chips = entries.filter((entry) => /^gpiochip\d+$/.test(entry));
  const labels = await Promise.all(chips.map((entry) => word(join(root, entry), "label", label)));
  const found = chips.filter((_, i) => labels[i] === chip);
  const [only] = found;
  if (only === undefined || found.length > 1) {
    const text = `Cannot find ${label}: ${found.length === 0 ? "no chip has" : "several chips have"} that label`;
    const hint = `Labels here: ${labels.map((one) => printable(one, 60)).join(", ") || "none"}`;
    throw new OobError("PDU_UNKNOWN", text, { hint });
  }
  const number = async (file: string): Promise<number> => {
    const said = await word(join(root, only), file, label);
    if (/^\d{1,6}$/.test(said)) return Number(said);
    const text = `Cannot find ${label}: its ${file} is "${printable(said, 20)}"`;
    throw new OobError("PDU_UNKNOWN", text);
  };
  return { first: await number("base"), count: await number("ngpio") };
}

async function exported(
  root: string,
  first: number,
  offset: string,
  name: string,
): Promise<string> {
  const number = String(first + Number(offset));
  const folder = join(root, `gpio${number}`);
  const there = await readdir(folder).catch(() => undefined);
  if (there === undefined) await write(join(root, "export"), number, `export line ${name}`);
  return folder;
}

async function word(folder: string, file: string, label: string): Promise<string> {
  const text = await readFile(join(folder, file), "latin1").catch((cause: unknown) => {
    throw new OobError("PDU_SILENT", `Cannot read ${label}: ${messageOf(cause)}`, { cause });
  });
  return text.trim();
}

async function write(file: string, text: string, what: string): Promise<void> {
  // Nothing is ever made where the kernel has no such file, and "export" cannot be opened for reading.
  await writeFile(file, text, { flag: constants.O_WRONLY }).catch((cause: unknown) => {
    const busy = messageOf(cause).includes("EBUSY");
    throw new OobError("PDU_REFUSED", `Cannot ${what}: ${messageOf(cause)}`, {
      cause,
      hint: busy
        ? "Another driver or program has the line: gpioinfo tells which"
        : "May this user write there (group gpio)?",
    });
  });
}
