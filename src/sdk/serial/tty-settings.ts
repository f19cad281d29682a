import { spawn } from "node:child_process";
import type { OpenOptions } from "@serialport/bindings-cpp";

/** stty waits for unsent bytes before it changes a line; a stopped line never gets there. */
const STTY_TIMEOUT = 5000;
const CONFLICT = 75;
/** Speeds may differ by this much from what was asked for: UARTs divide a clock. */
const SPEED_TOLERANCE = 0.03;

// A constant: nothing is put into this text. Without flock(1) (127) the UUCP lock has to do.
const LOCK_AND_SHOW = `flock -n 3 2>/dev/null; [ $? -eq 1 ] && exit ${CONFLICT}; exec stty -a <&3`;
const SHOW = "exec stty -a <&3";

/** Why a tty could not be opened or set, in words that programs can tell apart. */
export type TtyTrouble = "not-a-tty" | "locked" | "settings";

/** A tty that is there but cannot be had as asked. */
export class TtyError extends Error {
  readonly trouble: TtyTrouble;

  constructor(trouble: TtyTrouble, message: string) {
    super(message);
    this.trouble = trouble;
  }
}

/** serialport's ioctls on an fd of ours. */
export type TtyCalls = Record<
  "get" | "set" | "getBaudRate" | "update" | "flush",
  (fd: number, options?: object) => Promise<unknown>
>;
/** Takes the lock, compares the settings with what is wanted, and changes only what differs. */
export async function settleTty(
  fd: number,
  options: OpenOptions,
  hardware: boolean,
  calls: TtyCalls,
): Promise<void> {
  const shown = await runInTurn(["ignore", fd], "sh", [
    "-c",
    options.lock === false ? SHOW : LOCK_AND_SHOW,
  ]);
  if (shown.status === CONFLICT) throw new TtyError("locked", "another process has locked it");
  if (shown.status !== 0) throw new TtyError("settings", sttyText(shown.text));
  const speed = await speedOf(fd, calls);
  const standard = STANDARD_SPEEDS.has(options.baudRate);
  // A pty has no characters of 7 bits, no parity and no wires: its kernel side refuses them.
  const wanted = [...RAW, ...softFlow(options), ...(hardware ? wireSettings(options) : [])];
  const present = new Set(shown.text.split(/[\s;]+/));
  const different = wanted.filter((word) => !present.has(word));
  if (!/\bmin = 1;/.test(shown.text)) different.push("min", "1");
  if (!/\btime = 0;/.test(shown.text)) different.push("time", "0");
  if (standard && speed !== options.baudRate) different.push(String(options.baudRate));
  if (different.length > 0) await change(fd, different);
  // Speeds without a name: only serialport knows how, and it discards what waits. At another speed that was rubbish.
  if (!standard && !isNearSpeed(speed, options.baudRate))
    await calls.update(fd, { baudRate: options.baudRate });
}

/** true where two speeds are the same but for rounding. */
export const isNearSpeed = (a: number, b: number): boolean =>
  Math.abs(a - b) <= b * SPEED_TOLERANCE;

/** Speed in force. */
export async function speedOf(fd: number, calls: TtyCalls): Promise<number> {
  const answer = (await calls.getBaudRate(fd)) as { baudRate: number };
  return answer.baudRate;
}

/** Bytes as they are: no line editing, no echo, no signals, no translation, no marking of bad bytes. */
const RAW: readonly string[] = [
  ..."-icanon -isig -iexten -echo -echonl -opost -inlcr -igncr -icrnl -istrip -inpck -parmrk".split(
    " ",
  ),
  ..."-brkint ignbrk -ixany cread clocal -hupcl".split(" "),
];

/** Speeds that have a name in termios and so in stty. */
const STANDARD_SPEEDS: ReadonlySet<number> = new Set([
  50, 75, 110, 134, 150, 200, 300, 600, 1200, 1800, 2400, 4800, 9600, 19_200, 38_400, 57_600,
  115_200, 230_400, 460_800, 500_000, 576_000, 921_600, 1_000_000, 1_152_000, 1_500_000, 2_000_000,
  2_500_000, 3_000_000, 3_500_000, 4_000_000,
]);

function wireSettings(options: OpenOptions): string[] {
  const parity = options.parity ?? "none";
  return [
    `cs${options.dataBits ?? 8}`,
    parity === "none" ? "-parenb" : "parenb",
    parity === "odd" ? "parodd" : "-parodd",
    options.stopBits === 2 ? "cstopb" : "-cstopb",
    options.rtscts ? "crtscts" : "-crtscts",
  ];
}

const softFlow = (options: OpenOptions): string[] => [
  options.xon ? "ixon" : "-ixon",
  options.xoff ? "ixoff" : "-ixoff",
];

const environment = () => ({ PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C" });

/** A rack that is opened at once must not start a thousand programs at once. */
const MAX_RUNNING = 8;
let running = 0;
const waiting: (() => void)[] = [];

async function runInTurn(...call: Parameters<typeof runOn>): ReturnType<typeof runOn> {
  if (running >= MAX_RUNNING) await new Promise<void>((go) => waiting.push(go));
  else running++;
  try {
    return await runOn(...call);
  } finally {
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

/** Runs a program with the tty as its stdin or fd 3; status -1: it did not end in time. */
function runOn(
  stdio: readonly (number | "ignore")[],
  program: string,
  words: readonly string[],
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const [stdin = "ignore", third = "ignore"] = stdio;
    const child = spawn(program, words, {
      stdio: [stdin, "pipe", "pipe", third],
      env: environment(),
      timeout: STTY_TIMEOUT,
    });
    let text = "";
    const collect = (chunk: Buffer) => {
      text += chunk.toString("latin1");
    };
    child.stdout?.on("data", collect);
    child.stderr?.on("data", collect);
    child.on("error", reject);
    child.on("close", (status) => resolve({ status: status ?? -1, text }));
  });
}

/** Changes settings; what waits in either direction stays (stty uses TCSADRAIN). */
async function change(fd: number, words: readonly string[]): Promise<void> {
  const { status, text } = await runInTurn([fd], "stty", words);
  if (status === -1) throw new TtyError("settings", "the line is stopped with bytes unsent");
  if (status !== 0)
    throw new TtyError("settings", `it does not take "${words.join(" ")}" (${sttyText(text)})`);
}

const sttyText = (text: string) =>
  text
    .trim()
    .replace(/^stty: (?:'?standard input'?: )?/, "")
    .slice(0, 200) || "stty failed";
