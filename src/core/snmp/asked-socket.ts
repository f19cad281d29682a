import { createSocket } from "node:dgram";
import { lookup } from "node:dns";
import { isIP, SocketAddress } from "node:net";

/** Addresses that a name had, of which answers still count. */
const MAX_ADDRESSES = 16;

type Sent = (error: Error | null, bytes: number) => void;
type Heard = (bytes: Buffer, from: { readonly address: string; readonly port: number }) => void;

/**
 * The UDP sockets that sessions are opened on. What comes from an address and port that was not asked is not heard: the
 * library takes an answer by its request's number alone, and communities tell nobody apart.
 */
export const askedSockets = {
  createSocket(type: "udp4" | "udp6") {
    const socket = createSocket(type);
    const asked = new Set<string>();
    const sendTo = (address: string, [bytes, at, length, port, done]: Sending) => {
      const [oldest] = asked;
      if (asked.size >= MAX_ADDRESSES && oldest !== undefined) asked.delete(oldest);
      asked.add(placeOf(address, port));
      try {
        socket.send(bytes, at, length, port, address, done);
      } catch (error) {
        // Closed while its name was looked up.
        done(error as Error, 0);
      }
    };
    return {
      ref: () => socket.ref(),
      unref: () => socket.unref(),
      close: () => socket.close(),
      bind: (port?: number, address?: string) => socket.bind(port, address),
      address: () => socket.address(),
      on: (event: string, listen: (...all: unknown[]) => void) => {
        const heard: Heard = (bytes, from) => {
          if (asked.has(placeOf(from.address, from.port))) listen(bytes, from);
        };
        return socket.on(event, event === "message" ? heard : listen);
      },
      send: (
        bytes: Uint8Array,
        at: number,
        length: number,
        port: number,
        host: string,
        done: Sent,
      ) => {
        const sending: Sending = [bytes, at, length, port, done];
        if (isIP(host)) {
          sendTo(host, sending);
          return;
        }
        lookup(host, { family: type === "udp6" ? 6 : 4 }, (error, address) => {
          if (error) done(error, 0);
          else sendTo(address, sending);
        });
      },
    };
  },
};

type Sending = readonly [Uint8Array, number, number, number, Sent];

/** One text for an address however it is written; a link's zone is that of this end. */
function placeOf(written: string, port: number): string {
  const [bare = ""] = written.split("%");
  const family = isIP(bare) === 6 ? "ipv6" : "ipv4";
  return `${new SocketAddress({ address: bare, family }).address} ${port}`;
}
