/**
 * The network half of a mock SNMP device: net-snmp's agent opens messages and checks who sent them (v1, v2c, v3),
 * what is asked goes to a tree of ours. Faults of the network are switches here.
 */
import { createSocket, type Socket } from "node:dgram";
import snmp from "net-snmp";
import { firstBehind } from "./oid-order.ts";
import { libraryUser, type MockAccess } from "./snmp-user.ts";

export type { MockAccess } from "./snmp-user.ts";

/** Value of an object as it goes on the wire. */
export interface MockObject {
  readonly type: "integer" | "string" | "oid" | "gauge";
  readonly value: number | string | Uint8Array;
}

/** The same for every type that agents have. */
export interface MockRawObject {
  readonly type: keyof typeof TYPES;
  readonly value: number | string | Uint8Array;
}

/** What answers: objects in the order of their OIDs, and writing. */
export interface MockTree {
  /** Objects now, by OID, sorted. */
  objects(): readonly (readonly [string, MockRawObject])[];
  /** Error-status of RFC 3416, 0: taken. */
  write(oid: string, value: unknown): number;
}

/** Faults of the way between the device and us. */
export interface WireFaults {
  /** Hears nothing and says nothing. */
  deaf?: boolean;
  /** Hears and obeys, and its answers are lost. */
  mute?: boolean;
  dropsEverySecondAnswer?: boolean;
  /** Answers are cut in half. */
  truncates?: boolean;
  /** Answers with more objects than this are tooBig; GETBULK is cut. */
  maxObjects?: number;
  /** GET gives so many objects at most, and nothing says that some are missing. */
  cutsGet?: number;
  /** GETBULK is answered with genErr. */
  noBulk?: boolean;
  /** GETBULK leaves out the columns that are at their end, so that the rest shifts. */
  ragged?: boolean;
  /** GETNEXT answers with the very object that was asked about. */
  loops?: boolean;
}

interface Varbind {
  oid: string;
  type: number;
  value: unknown;
}

interface RequestPdu {
  varbinds: Varbind[];
  nonRepeaters: number;
  maxRepetitions: number;
  getResponsePduForRequest(): { varbinds: Varbind[]; errorStatus: number; errorIndex: number };
}

interface Message {
  readonly version: number;
  readonly community?: string;
  readonly pdu: RequestPdu;
}

type Serve = (socket: Socket, message: Message, remote: unknown) => void;

/** The part of net-snmp's agent that is used; its type says `any`. */
interface LibraryAgent {
  getRequest: Serve;
  getNextRequest: Serve;
  getBulkRequest: Serve;
  setRequest: Serve;
  getAuthorizer(): { addCommunity(name: string): void; addUser(user: unknown): void };
  sendResponse(socket: Socket, remote: unknown, message: Message, pdu: unknown): void;
}

const TOO_BIG = 1;
const NO_SUCH_NAME = 2;
const GENERAL_ERROR = 5;
const NO_ACCESS = 6;
const MAX_BULK = 200;

const TYPES = {
  integer: snmp.ObjectType.Integer,
  string: snmp.ObjectType.OctetString,
  oid: snmp.ObjectType.OID,
  gauge: snmp.ObjectType.Gauge,
  counter: snmp.ObjectType.Counter,
  ticks: snmp.ObjectType.TimeTicks,
  counter64: snmp.ObjectType.Counter64,
  address: snmp.ObjectType.IpAddress,
  opaque: snmp.ObjectType.Opaque,
  null: snmp.ObjectType.Null,
} as const;

/** A running agent. */
export class MockSnmpAgent {
  readonly faults: WireFaults;
  readonly #tree: MockTree;
  readonly #access: MockAccess;
  readonly #socket: Socket;
  readonly #agent: LibraryAgent;
  #answers = 0;
  #closed = false;

  private constructor(socket: Socket, tree: MockTree, access: MockAccess, faults: WireFaults) {
    this.#socket = socket;
    this.#tree = tree;
    this.#access = access;
    this.faults = faults;
    this.#agent = this.#openAgent();
  }

  /** Listens on a UDP port of the loopback, 0 for any. */
  static async start(
    tree: MockTree,
    access: MockAccess,
    faults: WireFaults,
    port = 0,
  ): Promise<MockSnmpAgent> {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(port, "127.0.0.1", resolve);
    });
    return new MockSnmpAgent(socket, tree, access, faults);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve();
    this.#closed = true;
    return new Promise((resolve) => this.#socket.close(() => resolve()));
  }

  #openAgent(): LibraryAgent {
    const bound = this.#guarded();
    const agent: LibraryAgent = snmp.createAgent(
      { port: 1, dgramModule: { createSocket: () => bound } },
      () => undefined,
    );
    const { read, write, user } = this.#access;
    for (const community of [read, write])
      if (community !== undefined) agent.getAuthorizer().addCommunity(community);
    if (user) agent.getAuthorizer().addUser(libraryUser(user));
    agent.getRequest = (socket, message, remote) =>
      this.#answer(socket, message, remote, this.#get(message.pdu));
    agent.getNextRequest = (socket, message, remote) =>
      this.#answer(socket, message, remote, this.#next(message.pdu.varbinds));
    agent.getBulkRequest = (socket, message, remote) =>
      this.#answer(
        socket,
        message,
        remote,
        this.faults.noBulk ? GENERAL_ERROR : this.#bulk(message.pdu),
      );
    agent.setRequest = (socket, message, remote) =>
      this.#answer(socket, message, remote, this.#set(message));
    return agent;
  }

  /** The socket as the library sees it: bound already, deaf or lossy where the faults say so. */
  #guarded() {
    const socket = this.#socket;
    return {
      on: (event: string, listen: (...args: unknown[]) => void) => {
        socket.on(event, (...args: unknown[]) => {
          if (event !== "message" || !this.faults.deaf) listen(...args);
        });
      },
      bind: () => undefined,
      address: () => socket.address(),
      close: () => undefined,
      send: (
        bytes: Uint8Array,
        from: number,
        length: number,
        port: number,
        host: string,
        done: (error: Error | null) => void,
      ) => {
        this.#answers++;
        const lost =
          this.faults.deaf ||
          this.faults.mute ||
          (this.faults.dropsEverySecondAnswer && this.#answers % 2 === 0);
        const shown = this.faults.truncates ? Math.floor(length / 2) : length;
        if (lost || this.#closed) done(null);
        else socket.send(bytes, from, shown, port, host, done);
      },
    };
  }

  #get(pdu: RequestPdu): Varbind[] {
    const objects = new Map(this.#tree.objects());
    return pdu.varbinds
      .slice(0, this.faults.cutsGet)
      .map(({ oid }) => varbind(oid, objects.get(oid), "NoSuchInstance"));
  }

  #next(varbinds: readonly Varbind[]): Varbind[] {
    const objects = this.#tree.objects();
    return varbinds.map(({ oid }) => {
      const next = objects[firstBehind(objects, oid, this.faults.loops ? 0 : 1)];
      return varbind(next?.[0] ?? oid, next?.[1], "EndOfMibView");
    });
  }

  #bulk(pdu: RequestPdu): Varbind[] {
    const limit = this.faults.maxObjects ?? MAX_BULK;
    const all = this.#next(pdu.varbinds.slice(0, pdu.nonRepeaters));
    let row = pdu.varbinds.slice(pdu.nonRepeaters);
    for (let n = 0; n < pdu.maxRepetitions && row.length > 0 && all.length < limit; n++) {
      row = this.#next(row);
      if (this.faults.ragged) row = row.filter((one) => !isMissing(one));
      all.push(...row);
    }
    return all.slice(0, limit);
  }

  #set(message: Message): Varbind[] | number {
    const { read, write } = this.#access;
    if (message.community !== undefined && write !== undefined && message.community === read)
      return NO_ACCESS;
    const [only, more] = message.pdu.varbinds;
    if (only === undefined || more !== undefined) return GENERAL_ERROR;
    const status = this.#tree.write(only.oid, only.value);
    return status === 0 ? [only] : status;
  }

  #answer(socket: Socket, message: Message, remote: unknown, result: Varbind[] | number): void {
    const response = message.pdu.getResponsePduForRequest();
    const missing = typeof result === "number" ? -1 : result.findIndex(isMissing);
    if (typeof result === "number") fail(response, message, result, 1);
    else if (result.length > (this.faults.maxObjects ?? Number.POSITIVE_INFINITY))
      fail(response, message, TOO_BIG, 0);
    else if (message.version === snmp.Version1 && missing >= 0)
      fail(response, message, NO_SUCH_NAME, missing + 1);
    else response.varbinds = result;
    this.#agent.sendResponse(socket, remote, message, response);
  }
}

function fail(
  response: { varbinds: Varbind[]; errorStatus: number; errorIndex: number },
  message: Message,
  status: number,
  index: number,
): void {
  response.errorStatus = status;
  response.errorIndex = index;
  response.varbinds = message.pdu.varbinds.map(({ oid }) => ({
    oid,
    type: snmp.ObjectType.Null,
    value: null,
  }));
}

const isMissing = ({ type }: Varbind): boolean =>
  type === snmp.ObjectType.NoSuchInstance || type === snmp.ObjectType.EndOfMibView;

function varbind(
  oid: string,
  object: MockRawObject | undefined,
  otherwise: "NoSuchInstance" | "EndOfMibView",
): Varbind {
  return object
    ? { oid, type: TYPES[object.type], value: object.value }
    : { oid, type: snmp.ObjectType[otherwise], value: null };
}
