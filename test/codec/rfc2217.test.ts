import { describe, expect, it } from "vitest";
import {
  COM_PORT,
  type ComPortCommand,
  MAX_SIGNATURE_ANSWERS,
  MAX_SIGNATURE_BYTES,
  Rfc2217Codec,
} from "../../src/codec/rfc2217.ts";
import { rfc2217Subject } from "../fuzz/rfc2217.ts";
import { testLaws } from "./laws.ts";

for (const role of ["client", "server"] as const)
  testLaws(`Rfc2217Codec as ${role}`, rfc2217Subject(role));

const [IAC, DONT, DO, WILL, SB, SE] = [255, 254, 253, 251, 250, 240] as const;

/** Carries what both have to say until nobody has anything left. */
function talk(client: Rfc2217Codec, server: Rfc2217Codec): void {
  for (let turns = 0; turns < 20; turns++) {
    const toClient = server.takeOutput();
    const toServer = client.takeOutput();
    if (toClient.length + toServer.length === 0) return;
    client.receive(toClient);
    server.receive(toServer);
  }
  throw new Error("they never come to rest");
}

describe("Rfc2217Codec", () => {
  it("offers COM-PORT-OPTION and asks for BINARY both ways at once, and nothing else", () => {
    const wire = [IAC, WILL, 44, IAC, WILL, 0, IAC, DO, 0];
    expect([...new Rfc2217Codec("client").takeOutput()]).toEqual(wire);
  });

  it("agrees with a server, whichever side offers first", () => {
    const client = new Rfc2217Codec("client");
    const server = new Rfc2217Codec("server");
    talk(client, server);
    expect(client.agreed).toBe(true);
    expect(server.agreed).toBe(true);
    // pySerial's server says WILL where the RFC has DO.
    const other = new Rfc2217Codec("client");
    other.takeOutput();
    other.receive(Uint8Array.of(IAC, WILL, 44));
    expect([...other.takeOutput()]).toEqual([IAC, DO, 44]);
    expect(other.agreed).toBe(true);
  });

  it("knows that it was refused", () => {
    const client = new Rfc2217Codec("client");
    const events = client.receive(Uint8Array.of(IAC, DONT, 44));
    expect(events).toEqual([{ is: "option", side: "ours", option: 44, on: false }]);
    expect(client.agreed).toBe(false);
  });

  it("carries every command and value both ways, 0xFF among them", () => {
    const commands = (Object.keys(COM_PORT) as ComPortCommand[]).filter(
      (command) => command !== "signature",
    );
    const client = new Rfc2217Codec("client");
    const server = new Rfc2217Codec("server");
    for (const command of commands) {
      const value =
        command === "baud" ? 0xffff_25ff : command === "suspend" || command === "resume" ? 0 : 255;
      const event = { is: "comPort", command, value };
      expect(server.receive(client.encodeCommand(command, value))).toEqual([event]);
      expect(client.receive(server.encodeCommand(command, value))).toEqual([event]);
    }
  });

  it("asks for the modem state as pySerial does, and a server understands it", () => {
    const wire = new Rfc2217Codec("client").encodeCommand("modemState");
    expect([...wire]).toEqual([IAC, SB, 44, 7, IAC, SE]);
    expect(new Rfc2217Codec("server").receive(wire)).toEqual([
      { is: "comPort", command: "modemState", value: 0 },
    ]);
  });

  it("writes SET-BAUDRATE as the RFC has it", () => {
    const wire = [IAC, SB, 44, 1, 0, 1, 0xc2, 0, IAC, SE];
    expect([...new Rfc2217Codec("client").encodeCommand("baud", 115_200)]).toEqual(wire);
  });

  it("says what is no command, too short, or a client's number from a server", () => {
    const client = new Rfc2217Codec("client");
    for (const content of [[44], [44, 113, 1], [44, 1, 0, 0, 0, 1], [44, 101, 0, 1], [44, 105]]) {
      const [event] = client.receive(Uint8Array.of(IAC, SB, ...content, IAC, SE));
      expect(event?.is, String(content)).toBe("violation");
    }
  });

  it("leaves subnegotiations of other options alone", () => {
    const event = { is: "subnegotiation", option: 24, bytes: Uint8Array.of(1) };
    const wire = Uint8Array.of(IAC, SB, 24, 1, IAC, SE);
    expect(new Rfc2217Codec("client").receive(wire)).toEqual([event]);
  });

  it("tells its name to a peer that asks, so often and no more, and cuts the peer's", () => {
    const client = new Rfc2217Codec("client", "oob");
    client.takeOutput();
    const ask = Uint8Array.of(IAC, SB, 44, 100, IAC, SE);
    for (let i = 0; i < 100; i++) client.receive(ask);
    const answer = Buffer.from([IAC, SB, 44, 0, ...Buffer.from("oob"), IAC, SE]);
    expect(Buffer.from(client.takeOutput())).toEqual(
      Buffer.concat(Array<Buffer>(MAX_SIGNATURE_ANSWERS).fill(answer)),
    );
    const long = [...Buffer.from("x".repeat(300))];
    expect(client.receive(Uint8Array.of(IAC, SB, 44, 100, ...long, IAC, SE))).toEqual([
      { is: "signature", text: "x".repeat(MAX_SIGNATURE_BYTES) },
    ]);
  });
});
