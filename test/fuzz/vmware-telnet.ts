import { MAX_SUBNEGOTIATION_BYTES } from "../../src/codec/telnet.ts";
import {
  VMWARE_SUBOPTION as SUB,
  type VmwareEvent,
  VmwareTelnetCodec,
} from "../../src/codec/vmware-telnet.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { joinBytes, type Subject } from "../codec/subject.ts";
import { codecTarget } from "./fuzz-target.ts";

/** A suboption of VMware's on the wire; its content as it goes there. */
export const sub = (code: number, ...content: readonly number[]): Uint8Array =>
  Uint8Array.of(255, 250, 232, code, ...content, 255, 240);

/** A virtual serial port's connection under the three laws. */
export const vmwareSubject: Subject<VmwareTelnetCodec, VmwareEvent> = {
  make: () => new VmwareTelnetCodec(),
  feed: (codec, bytes) => {
    const events = codec.receive(bytes);
    codec.takeOutput();
    return events;
  },
  join: joinBytes<VmwareEvent>("data"),
  held: (codec) => codec.held,
  bound: MAX_SUBNEGOTIATION_BYTES,
  words: [
    utf8("login: "),
    Uint8Array.of(255, 255),
    Uint8Array.of(255, 251, 232),
    Uint8Array.of(255, 243),
    sub(SUB.knownSuboptions1, ...Object.values(SUB)),
    sub(SUB.vmVcUuid, ...utf8("50 3a 0c 11 22 33 44 55-66 77 88 99 aa bb cc dd")),
    sub(SUB.vmName, ...utf8("web1")),
    sub(SUB.doProxy, ...utf8("Soob")),
    sub(SUB.vmotionBegin, 255, 255, 1),
    sub(SUB.vmotionPeer, 1, 2, 3),
    sub(SUB.vmotionComplete, 1),
    sub(SUB.vmotionAbort),
    sub(99),
    Uint8Array.of(255, 250, 232),
  ],
};

export default codecTarget(vmwareSubject);
