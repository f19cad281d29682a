/*
 * Finding out what is at the serial ports of this machine: which there are, what stands in the way, at which speed a
 * console speaks. Only ports that nobody has are opened; nothing is typed unless it was asked for.
 */
import { realpath } from "node:fs/promises";
import { TextLines } from "../../codec/text-lines.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { Detector, Opinion } from "../detect/opinion.ts";
import { listPorts, type PortRoots, type SerialPort } from "./list-ports.ts";
import { bestSpeed, type Heard, type ListenOptions, listenAtSpeeds } from "./listen.ts";
import { findBystanders, type PortTroubles, troublesOf } from "./port-troubles.ts";

/** Lines of what was heard that are shown. */
const LAST_LINES = 5;

/** A port and what stands in its way. */
export interface PortFound extends PortTroubles {
  readonly port: SerialPort;
}

/** What listening at a port brought. */
export interface PortHeard extends PortFound {
  /** One for each speed that was tried; empty where the port could not be had. */
  readonly heard: readonly Heard[];
  readonly best?: Heard;
  /** What a detector thinks of what came at the best speed. */
  readonly opinion?: Opinion;
  readonly lastLines: readonly string[];
  /** Why it was not listened to. */
  readonly error?: OobError;
}

/** Ports by name, or all of this machine. A name that is no port of the list is a port all the same: a pty, a link. */
export async function findPorts(
  names: readonly string[],
  roots?: PortRoots,
): Promise<readonly PortFound[]> {
  const known = await listPorts(roots);
  const ports = names.length === 0 ? known : await Promise.all(names.map((name) => named(name)));
  const others = await findBystanders();
  return await Promise.all(
    ports.map(async (port) => ({ port, ...(await troublesOf(port, others)) })),
  );

  async function named(name: string): Promise<SerialPort> {
    const device = await realpath(name).catch(() => name);
    const port = known.find((one) => one.device === device);
    return port ?? { device, stable: name, driver: "", usb: false };
  }
}

/** Listens at ports, all at once. Those that somebody has are left alone. */
export async function listenAtPorts(
  ports: readonly PortFound[],
  options: ListenOptions,
  detector: () => Detector,
): Promise<readonly PortHeard[]> {
  return await Promise.all(ports.map((found) => listen(found, options, detector)));
}

async function listen(
  found: PortFound,
  options: ListenOptions,
  detector: () => Detector,
): Promise<PortHeard> {
  const { device } = found.port;
  const silent = { ...found, heard: [], lastLines: [] };
  if (found.holder) {
    const [trouble] = found.troubles;
    const message = `Cannot listen at ${device}: ${trouble?.text ?? "it is in use"}`;
    return {
      ...silent,
      error: new OobError("PORT_BUSY", message, trouble && { hint: trouble.hint }),
    };
  }
  try {
    const heard = await listenAtSpeeds(device, options);
    const best = bestSpeed(heard);
    if (!best) return { ...silent, heard };
    const judge = detector();
    judge.see(best.bytes, 0);
    return { ...silent, heard, best, opinion: judge.opinion, lastLines: lastLines(best) };
  } catch (thrown) {
    options.signal.throwIfAborted();
    const error =
      thrown instanceof OobError ? thrown : new OobError("LINK_LOST", messageOf(thrown));
    return { ...silent, error };
  }
}

function lastLines({ bytes, score }: Heard): string[] {
  const plain = score.looks === "parity" ? bytes.map((byte) => byte & 0x7f) : bytes;
  const lines = new TextLines();
  const texts = [...lines.receive(plain)].map(({ text }) => text);
  const unfinished = lines.unfinished()?.text ?? "";
  return [...texts, unfinished]
    .map((text) => printable(text).trimEnd())
    .filter((text) => text !== "")
    .slice(-LAST_LINES);
}
