/**
 * The proxy's side of VMware's telnet extension ("Using a Proxy with vSphere Virtual Serial Ports"): a machine's
 * virtual serial port connects to us, says who it is, and asks for its bytes to be taken.
 *
 *   machine: WILL 232 ─► KNOWN-SUBOPTIONS-1 ─► its UUIDs and name, asked for ─► DO-PROXY ─► bytes
 *   us:      DO 232   ◄─ KNOWN-SUBOPTIONS-2 ◄─ GET-VM-…                      ◄─ WILL-PROXY or WONT-PROXY
 *
 * When it moves to another host (vMotion), the old connection says VMOTION-BEGIN and gets a secret with the go-ahead;
 * a new connection shows the secret (VMOTION-PEER), and says VMOTION-COMPLETE when it is the one to use.
 */
import type { Codec } from "./codec.ts";
import { TelnetCodec } from "./telnet.ts";
import { TELNET_OPTION } from "./telnet-option.ts";

const VMWARE_EXT = 232;

/** Suboptions: "VMware Telnet Extension Commands for Proxy Communication". */
export const VMWARE_SUBOPTION = {
  knownSuboptions1: 0,
  knownSuboptions2: 1,
  unknownSuboption1: 2,
  unknownSuboption2: 3,
  vmotionBegin: 40,
  vmotionGoAhead: 41,
  vmotionNotNow: 43,
  vmotionPeer: 44,
  vmotionPeerOk: 45,
  vmotionComplete: 46,
  vmotionAbort: 48,
  doProxy: 70,
  willProxy: 71,
  wontProxy: 73,
  vmVcUuid: 80,
  getVmVcUuid: 81,
  vmName: 82,
  getVmName: 83,
  vmBiosUuid: 84,
  getVmBiosUuid: 85,
  vmLocationUuid: 86,
  getVmLocationUuid: 87,
} as const;

const CODES: readonly number[] = Object.values(VMWARE_SUBOPTION);
const QUESTIONS = [
  VMWARE_SUBOPTION.getVmVcUuid,
  VMWARE_SUBOPTION.getVmBiosUuid,
  VMWARE_SUBOPTION.getVmName,
];
/** Answers that a peer can draw out of us over suboptions; a proxy's session needs a handful. */
export const MAX_SUBOPTION_ANSWERS = 64;

/** A step of a machine's move to another host. */
export type VmotionStep = "begin" | "peer" | "complete" | "abort";

/** What a machine said. */
export type VmwareEvent =
  | { readonly is: "data"; readonly bytes: Uint8Array }
  | { readonly is: "break" }
  /** 32 hexadecimal digits in lower case: vCenter's UUID of the machine, or its BIOS's. */
  | { readonly is: "uuid"; readonly of: "vc" | "bios" | "location"; readonly uuid: string }
  | { readonly is: "name"; readonly name: string }
  /** direction: "S", the machine waits to be connected to; "C", it wants to be connected on to the URI. */
  | { readonly is: "proxy"; readonly direction: string; readonly uri: string }
  /** begin and abort, complete: the sequence; peer: sequence and secret. */
  | { readonly is: "vmotion"; readonly step: VmotionStep; readonly bytes: Uint8Array }
  | { readonly is: "violation"; readonly what: string };

const { binary, echo, suppressGoAhead } = TELNET_OPTION;

/** One connection of a virtual serial port. */
export class VmwareTelnetCodec implements Codec<VmwareEvent> {
  readonly #telnet = new TelnetCodec({
    accept: {
      ours: [binary, echo, suppressGoAhead],
      theirs: [binary, suppressGoAhead, VMWARE_EXT],
    },
    offer: { ours: [echo, suppressGoAhead, binary], theirs: [binary, VMWARE_EXT] },
  });
  #answers: Uint8Array[] = [];
  #answered = 0;
  #stormTold = false;

  /** Bytes of an unfinished subnegotiation. */
  get held(): number {
    return this.#telnet.held;
  }

  takeOutput(): Uint8Array {
    const parts = [this.#telnet.takeOutput(), ...this.#answers];
    this.#answers = [];
    return Uint8Array.from(parts.flatMap((part) => [...part]));
  }

  /** Console bytes as they go over the wire. */
  encode(bytes: Uint8Array): Uint8Array {
    return this.#telnet.encode(bytes);
  }

  /** Whether its bytes are taken. */
  answerProxy(will: boolean): void {
    this.#say(will ? VMWARE_SUBOPTION.willProxy : VMWARE_SUBOPTION.wontProxy);
  }

  /** The move that began may happen; the new connection shows this secret. */
  goAhead(sequence: Uint8Array, secret: Uint8Array): void {
    this.#say(VMWARE_SUBOPTION.vmotionGoAhead, sequence, secret);
  }

  /** No move now. */
  notNow(sequence: Uint8Array): void {
    this.#say(VMWARE_SUBOPTION.vmotionNotNow, sequence);
  }

  /**
   * What the new connection showed, sequence and secret, is right or wrong. The manual answers the sequence alone, the
   * proxies in use (OpenStack's vmware-vspc, vSPC.py) all that came; for a refusal it knows no word.
   */
  answerPeer(shown: Uint8Array, right: boolean): void {
    if (right) this.#say(VMWARE_SUBOPTION.vmotionPeerOk, shown);
    else this.#say(VMWARE_SUBOPTION.unknownSuboption2, Uint8Array.of(VMWARE_SUBOPTION.vmotionPeer));
  }

  receive(bytes: Uint8Array): VmwareEvent[] {
    const events: VmwareEvent[] = [];
    for (const event of this.#telnet.receive(bytes)) {
      switch (event.is) {
        case "data":
        case "break":
        case "violation":
          events.push(event);
          break;
        case "subnegotiation":
          if (event.option === VMWARE_EXT) this.#suboption(event.bytes, events);
          break;
        case "option":
        case "command":
          break;
      }
    }
    return events;
  }

  #suboption(bytes: Uint8Array, events: VmwareEvent[]): void {
    const [code] = bytes;
    if (code === undefined) return;
    const content = bytes.subarray(1);
    switch (code) {
      case VMWARE_SUBOPTION.knownSuboptions1:
        this.#answer(events, VMWARE_SUBOPTION.knownSuboptions2, Uint8Array.from(CODES));
        for (const question of QUESTIONS)
          if (content.includes(question)) this.#answer(events, question);
        return;
      case VMWARE_SUBOPTION.unknownSuboption1:
        return;
      case VMWARE_SUBOPTION.doProxy:
        events.push({
          is: "proxy",
          direction: text(content.subarray(0, 1)),
          uri: text(content.subarray(1)),
        });
        return;
      case VMWARE_SUBOPTION.vmName:
        events.push({ is: "name", name: text(content) });
        return;
      default: {
        const event = uuidEvent(code, content) ?? vmotionEvent(code, content);
        if (event) events.push(event);
        else this.#answer(events, VMWARE_SUBOPTION.unknownSuboption2, Uint8Array.of(code));
      }
    }
  }

  /** An answer that the peer asked for. */
  #answer(events: VmwareEvent[], code: number, content?: Uint8Array): void {
    if (this.#answered < MAX_SUBOPTION_ANSWERS) {
      this.#answered += 1;
      this.#say(code, ...(content ? [content] : []));
    } else if (!this.#stormTold) {
      this.#stormTold = true;
      events.push({ is: "violation", what: "storm of suboptions" });
    }
  }

  #say(code: number, ...contents: readonly Uint8Array[]): void {
    const bytes = Uint8Array.from([code, ...contents.flatMap((content) => [...content])]);
    this.#answers.push(this.#telnet.encodeSubnegotiation(VMWARE_EXT, bytes));
  }
}

const UUIDS = new Map([
  [VMWARE_SUBOPTION.vmVcUuid as number, "vc"],
  [VMWARE_SUBOPTION.vmBiosUuid as number, "bios"],
  [VMWARE_SUBOPTION.vmLocationUuid as number, "location"],
] as const);

function uuidEvent(code: number, content: Uint8Array): VmwareEvent | undefined {
  const of = UUIDS.get(code);
  if (of === undefined) return undefined;
  const uuid = plainUuid(text(content));
  return uuid === undefined
    ? { is: "violation", what: `UUID that is none: ${content.length} bytes` }
    : { is: "uuid", of, uuid };
}

/** "50 3a 0c …-…" of a .vmx file and "503a0c…-…-…" alike as 32 digits in lower case. */
export function plainUuid(given: string): string | undefined {
  const digits = given.replace(/[ -]/g, "").toLowerCase();
  return /^[0-9a-f]{32}$/.test(digits) ? digits : undefined;
}

const STEPS = new Map<number, VmotionStep>([
  [VMWARE_SUBOPTION.vmotionBegin, "begin"],
  [VMWARE_SUBOPTION.vmotionPeer, "peer"],
  [VMWARE_SUBOPTION.vmotionComplete, "complete"],
  [VMWARE_SUBOPTION.vmotionAbort, "abort"],
]);

function vmotionEvent(code: number, bytes: Uint8Array): VmwareEvent | undefined {
  const step = STEPS.get(code);
  return step && { is: "vmotion", step, bytes };
}

const decoder = new TextDecoder();
const text = (bytes: Uint8Array): string => decoder.decode(bytes);
