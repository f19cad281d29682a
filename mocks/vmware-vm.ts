/*
 * A VMware machine's virtual serial port, the side that connects: "Using a Proxy with vSphere Virtual Serial Ports".
 * It says who it is, asks for a proxy, and can move to another host, which is another connection of the same machine.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { TelnetCodec } from "../src/codec/telnet.ts";
import { TELNET_OPTION } from "../src/codec/telnet-option.ts";
import { VMWARE_SUBOPTION as SUB } from "../src/codec/vmware-telnet.ts";
import { concatBytes, utf8 } from "../src/lib/bytes.ts";

const VMWARE_EXT = 232;
const { binary, suppressGoAhead, echo } = TELNET_OPTION;

/** Who the machine is, and its faults. */
export interface VmwareVmOptions {
  readonly uuid?: string;
  readonly biosUuid?: string;
  readonly name?: string;
  readonly uri?: string;
  readonly direction?: "S" | "C";
  readonly tls?: boolean;
  /** Never says who it is. */
  readonly mute?: boolean;
  /** Asks for the proxy before it has said who it is. */
  readonly proxyFirst?: boolean;
}

/** One connection of a machine. */
export class VmwareVm {
  readonly socket: Socket;
  /** What was typed to it. */
  typed = "";
  /** Suboptions that came, each with its code first. */
  readonly heard: Uint8Array[] = [];
  isClosed = false;
  readonly #options: VmwareVmOptions;
  readonly #telnet = new TelnetCodec({
    accept: {
      ours: [binary, suppressGoAhead, VMWARE_EXT],
      theirs: [binary, suppressGoAhead, echo],
    },
    offer: { ours: [VMWARE_EXT], theirs: [] },
  });
  #changed: (() => void)[] = [];

  constructor(port: number, options: VmwareVmOptions) {
    this.#options = options;
    const address = { host: "127.0.0.1", port };
    this.socket = options.tls
      ? connectTls({ ...address, rejectUnauthorized: false })
      : connect(address);
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => {
      this.isClosed = true;
      this.#tell();
    });
    this.socket.on("data", (bytes) => this.#received(bytes));
    this.#flush();
  }

  /** Connects and waits until it is served. */
  static async powerOn(port: number, options: VmwareVmOptions): Promise<VmwareVm> {
    const vm = new VmwareVm(port, options);
    await vm.until(() => vm.answer(SUB.willProxy) !== undefined);
    return vm;
  }

  /** Waits for something to be so. */
  async until(isSo: () => boolean): Promise<void> {
    while (!isSo()) await new Promise<void>((resolve) => this.#changed.push(resolve));
  }

  /** The last suboption of this code that came, without the code. */
  answer(code: number): Uint8Array | undefined {
    return this.heard.findLast((one) => one[0] === code)?.subarray(1);
  }

  print(bytes: Uint8Array): void {
    this.socket.write(this.#telnet.encode(bytes));
  }

  /** Begins a move; returns sequence and secret of the go-ahead. */
  async beginMove(sequence = utf8("seq1")): Promise<Uint8Array> {
    this.say(SUB.vmotionBegin, sequence);
    await this.until(() => this.answer(SUB.vmotionGoAhead) !== undefined);
    return this.answer(SUB.vmotionGoAhead) ?? sequence;
  }

  /** The connection from the new host: it shows what the old one was given. */
  async arrive(port: number, cookie: Uint8Array): Promise<VmwareVm> {
    const vm = await VmwareVm.powerOn(port, this.#options);
    vm.say(SUB.vmotionPeer, cookie);
    await vm.until(() => vm.answer(SUB.vmotionPeerOk) !== undefined || vm.isClosed);
    return vm;
  }

  say(code: number, ...contents: readonly Uint8Array[]): void {
    const bytes = concatBytes([Uint8Array.of(code), ...contents]);
    this.socket.write(this.#telnet.encodeSubnegotiation(VMWARE_EXT, bytes));
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.socket.destroy();
    await once(this.socket, "close");
  }

  #received(bytes: Uint8Array): void {
    for (const event of this.#telnet.receive(bytes)) {
      if (event.is === "data") this.typed += Buffer.from(event.bytes).toString("latin1");
      else if (event.is === "option" && event.option === VMWARE_EXT && event.on) this.#introduce();
      else if (event.is === "subnegotiation" && event.option === VMWARE_EXT)
        this.#suboption(event.bytes);
    }
    this.#flush();
    this.#tell();
  }

  #introduce(): void {
    this.#flush();
    this.say(SUB.knownSuboptions1, Uint8Array.from(Object.values(SUB)));
    if (this.#options.proxyFirst) this.#askProxy();
  }

  #suboption(bytes: Uint8Array): void {
    const { uuid, biosUuid, name, mute, proxyFirst } = this.#options;
    const [code = -1] = bytes;
    this.heard.push(bytes.slice());
    if (mute) return;
    if (code === SUB.getVmVcUuid && uuid !== undefined) this.say(SUB.vmVcUuid, utf8(uuid));
    if (code === SUB.getVmBiosUuid && biosUuid !== undefined)
      this.say(SUB.vmBiosUuid, utf8(biosUuid));
    if (code === SUB.getVmName) {
      if (name !== undefined) this.say(SUB.vmName, utf8(name));
      if (!proxyFirst) this.#askProxy();
    }
  }

  #askProxy(): void {
    const { direction = "S", uri = "oob" } = this.#options;
    this.say(SUB.doProxy, utf8(direction), utf8(uri));
  }

  #flush(): void {
    const output = this.#telnet.takeOutput();
    if (output.length > 0) this.socket.write(output);
  }

  #tell(): void {
    for (const changed of this.#changed.splice(0)) changed();
  }
}
