import { describe, expect, it } from "vitest";
import { MAX_SUBNEGOTIATION_BYTES } from "../../src/codec/telnet.ts";
import {
  MAX_SUBOPTION_ANSWERS,
  plainUuid,
  VMWARE_SUBOPTION as SUB,
  VmwareTelnetCodec,
} from "../../src/codec/vmware-telnet.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { sub, vmwareSubject } from "../fuzz/vmware-telnet.ts";
import { testLaws } from "./laws.ts";

testLaws("VmwareTelnetCodec", vmwareSubject);

describe("VmwareTelnetCodec", () => {
  it("offers the extension, and answers what the machine knows with questions that it knows", () => {
    const codec = new VmwareTelnetCodec();
    expect(Buffer.from(codec.takeOutput()).includes(Buffer.from([255, 253, 232]))).toBe(true);
    expect(codec.receive(sub(SUB.knownSuboptions1, SUB.vmVcUuid, SUB.getVmVcUuid))).toEqual([]);
    const output = Buffer.from(codec.takeOutput());
    expect(output.includes(Buffer.from(sub(SUB.getVmVcUuid)))).toBe(true);
    expect(output.includes(Buffer.from(sub(SUB.getVmName)))).toBe(false);
    expect(output.includes(Buffer.from([255, 250, 232, SUB.knownSuboptions2, 0, 1]))).toBe(true);
  });

  it("tells UUIDs, name, proxy request and the steps of a move", () => {
    const codec = new VmwareTelnetCodec();
    const events = [
      ...codec.receive(
        sub(SUB.vmVcUuid, ...utf8("50 3A 0c 11 22 33 44 55-66 77 88 99 aa bb cc dd")),
      ),
      ...codec.receive(sub(SUB.vmName, ...utf8("web1"))),
      ...codec.receive(sub(SUB.doProxy, ...utf8("Soob"))),
      ...codec.receive(sub(SUB.vmotionBegin, 255, 255, 7)),
    ];
    expect(events).toEqual([
      { is: "uuid", of: "vc", uuid: "503a0c112233445566778899aabbccdd" },
      { is: "name", name: "web1" },
      { is: "proxy", direction: "S", uri: "oob" },
      { is: "vmotion", step: "begin", bytes: Uint8Array.of(255, 7) },
    ]);
  });

  it("goAhead() doubles 0xFF of the sequence", () => {
    const codec = new VmwareTelnetCodec();
    codec.takeOutput();
    codec.goAhead(Uint8Array.of(255), Uint8Array.of(1, 2));
    expect(codec.takeOutput()).toEqual(
      Uint8Array.of(255, 250, 232, SUB.vmotionGoAhead, 255, 255, 1, 2, 255, 240),
    );
  });

  it("says which suboption it does not know, and stops answering a storm", () => {
    const codec = new VmwareTelnetCodec();
    codec.takeOutput();
    codec.receive(sub(99));
    expect(codec.takeOutput()).toEqual(sub(SUB.unknownSuboption2, 99));
    const storm = Array.from({ length: 1000 }, () => [...codec.receive(sub(99))]).flat();
    expect(storm).toEqual([{ is: "violation", what: "storm of suboptions" }]);
    expect(codec.takeOutput().length).toBeLessThan(MAX_SUBOPTION_ANSWERS * 8);
  });

  it("a UUID that is none is a violation", () => {
    expect(new VmwareTelnetCodec().receive(sub(SUB.vmVcUuid, 1, 2))).toEqual([
      { is: "violation", what: "UUID that is none: 2 bytes" },
    ]);
    expect(plainUuid("503a0c11-2233-4455-6677-8899AABBCCDD")).toBe(
      "503a0c112233445566778899aabbccdd",
    );
    expect(vmwareSubject.bound).toBe(MAX_SUBNEGOTIATION_BYTES);
  });
});
