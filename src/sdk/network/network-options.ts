import type { Duplex } from "node:stream";
import { seconds } from "../../lib/durations.ts";
import { OobError } from "../../lib/errors.ts";
import type { OpenContext } from "../link.ts";
import {
  durationOf,
  numberOf,
  type OptionSpec,
  type OptionSpecs,
  type OptionValues,
  textOf,
} from "../options.ts";
import { addressText, connectSocket } from "./connect-socket.ts";
import { linkStream } from "./link-stream.ts";

const CONNECT_TIMEOUT = seconds(10);

/** How long a connection may take. */
export const CONNECT_TIMEOUT_OPTION: OptionSpec = {
  kind: "duration",
  default: "10s",
  summary: "how long to wait for the connection",
};

/** The connect-timeout that was given, or the usual one. */
export const connectTimeoutOf = (options: OptionValues): number =>
  durationOf(options, "connect-timeout", CONNECT_TIMEOUT);

/** Speed of a line whose settings are the console server's own business. */
export const SHOWN_BAUD: OptionSpec = {
  kind: "integer",
  min: 50,
  max: 4_000_000,
  summary: "speed of the line behind the port: shown, and how fast pastes go; sets none",
};

/** Where a console server listens. `port`: the protocol's own, where it has one. */
export function tcpOptions(port?: number): OptionSpecs {
  const usual = port === undefined ? { required: true } : { default: port };
  return {
    host: {
      kind: "text",
      required: true,
      unlessVia: true,
      summary: "name or address of the console server",
    },
    port: {
      kind: "integer",
      ...usual,
      unlessVia: true,
      min: 1,
      max: 65535,
      summary: "TCP port",
    },
    "connect-timeout": { ...CONNECT_TIMEOUT_OPTION, unlessVia: true },
  };
}

/** A connected stream, and who is at its other end. */
export interface OpenStream {
  readonly socket: Duplex;
  /** Named in errors: "ts1:7003". */
  readonly peer: string;
  /** Begins the label: "ts1:7003 ", or nothing where the label names what it goes through anyway. */
  readonly prefix: string;
}

/** The stream that a protocol over TCP talks on: a connection, or what the entry goes through. */
export async function openStream(
  options: OptionValues,
  context: OpenContext,
  port = 0,
): Promise<OpenStream> {
  const { through } = context;
  if (through) return { socket: linkStream(through), peer: through.label, prefix: "" };
  const host = textOf(options, "host");
  if (host === "") throw new OobError("USAGE", 'Cannot open a console: option "host" is missing');
  const address = { host, port: numberOf(options, "port", port) };
  const socket = await connectSocket(address, { ...context, timeout: connectTimeoutOf(options) });
  const peer = addressText(address);
  return { socket, peer, prefix: `${peer} ` };
}
