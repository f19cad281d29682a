/*
 * SNMP notifications by net-snmp. Its traps of version 3 say that their engine was started this moment (boots 0, time 0),
 * which a receiver refuses 150 s after it heard the first one (RFC 3414 3.2, 7b): the times are put right here. They are
 * those of an engine that began with 1970, so that they go on over restarts without anything being kept.
 */
import { isIPv6 } from "node:net";
import snmp from "net-snmp";
import type { Clock } from "../../lib/clock.ts";
import { messageOf, OobError } from "../../lib/errors.ts";
import { printable } from "../../lib/printable.ts";
import type { SnmpNotice } from "../../sdk/notify/alert.ts";
import { usmUser } from "../snmp/snmp-wire.ts";

/** An inform is sent this often before it counts as unanswered. */
const TRIES = 3;
/** snmpEngineTime has 31 bits; boots counts the times that this is full. */
const ENGINE_SECONDS = 2 ** 30;

/** Sends one. Resolves when it was sent, an inform when it was answered. Throws NOTIFY_FAILED. */
export async function sendNotice(notice: SnmpNotice, clock: Clock): Promise<void> {
  const session = open(notice);
  session.on("error", () => undefined);
  const objects = notice.objects.map(({ oid, value }) => ({
    oid,
    type: typeof value === "number" ? snmp.ObjectType.Integer : snmp.ObjectType.OctetString,
    value,
  }));
  const { oid, confirmed } = notice;
  if (notice.login.version === "3" && !confirmed) stampTraps(session, clock);
  try {
    await new Promise<void>((resolve, reject) => {
      const done = (error: Error | null) => (error ? reject(error) : resolve());
      if (confirmed) session.inform(oid, objects, done);
      else session.trap(oid, objects, done);
    });
  } catch (cause) {
    const { host, port } = notice;
    const why = isTimeout(cause) ? "it does not answer" : printable(messageOf(cause), 200);
    throw new OobError("NOTIFY_FAILED", `Cannot notify ${printable(host, 100)}:${port}: ${why}`, {
      cause,
      hint: "Does it listen there, and know this user or community?",
    });
  } finally {
    session.close();
  }
}

function open({ host, port, login, timeout, engine }: SnmpNotice): snmp.Session {
  const options = {
    ...{ port, trapPort: port, retries: TRIES - 1, timeout, backoff: 1, idBitsSize: 32 as const },
    transport: isIPv6(host) ? ("udp6" as const) : ("udp4" as const),
  };
  if (login.version !== "3")
    return snmp.createSession(host, login.community, { ...options, version: snmp.Version2c });
  return snmp.createV3Session(host, usmUser(login), {
    ...options,
    version: snmp.Version3,
    ...(engine !== undefined && { engineID: engine }),
  });
}

/** What the library sends, as far as it is changed here. */
interface Request {
  readonly message: { readonly msgSecurityParameters?: Record<string, unknown> };
}

function stampTraps(session: snmp.Session, clock: Clock): void {
  const wire = session as unknown as { send(request: Request, ...rest: unknown[]): void };
  const send = wire.send.bind(wire);
  wire.send = (request, ...rest) => {
    const now = Math.floor(clock.now() / 1000);
    const stamps = request.message.msgSecurityParameters;
    if (stamps) {
      stamps.msgAuthoritativeEngineBoots = 1 + Math.floor(now / ENGINE_SECONDS);
      stamps.msgAuthoritativeEngineTime = now % ENGINE_SECONDS;
    }
    send(request, ...rest);
  };
}

const isTimeout = (error: unknown): boolean =>
  error instanceof Error && error.name === "RequestTimedOutError";
