/** Traps as bytes on the wire: BER by hand, so that they can be made wrong. */

/** A value with its tag and its length. */
export function tlv(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const long = body.length > 127;
  const length = long ? [0x82, body.length >> 8, body.length & 255] : [body.length];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const integer = (value: number) => tlv(2, Buffer.from([value]));
const text = (value: string) => tlv(4, Buffer.from(value));
const oid = (...arcs: readonly number[]) => tlv(6, Buffer.from([0x2b, ...arcs]));
const sequence = (...parts: readonly Uint8Array[]) => tlv(0x30, ...parts);

/** sysUpTime.0, and snmpTrapOID.0 = linkDown (1.3.6.1.6.3.1.1.5.3). */
const VARBINDS = sequence(
  sequence(oid(6, 1, 2, 1, 1, 3, 0), tlv(0x43, Buffer.from([1]))),
  sequence(oid(6, 1, 6, 3, 1, 1, 4, 1, 0), oid(6, 1, 6, 3, 1, 1, 5, 3)),
);

/** A trap of version 2c. */
export const trap2c = (community: string, varbinds: Uint8Array = VARBINDS): Buffer =>
  sequence(integer(1), text(community), tlv(0xa7, integer(7), integer(0), integer(0), varbinds));

/** A trap of version 1: enterprise 1.3.6.1.4.1.9, linkDown. */
export const trap1 = (community: string): Buffer =>
  sequence(
    integer(0),
    text(community),
    tlv(
      0xa4,
      oid(6, 1, 4, 1, 9),
      tlv(0x40, Buffer.from([127, 0, 0, 1])),
      integer(2),
      integer(0),
      tlv(0x43, Buffer.from([1])),
      sequence(),
    ),
  );

/** A trap of version 3 without authentication, of a user without a name. */
export const trap3nobody = (): Buffer =>
  sequence(
    integer(3),
    sequence(integer(1), tlv(2, Buffer.from([0x08, 0])), tlv(4, Buffer.from([0])), integer(3)),
    tlv(4, sequence(text("engine-id"), integer(1), integer(1), text(""), text(""), text(""))),
    sequence(text("engine-id"), text(""), tlv(0xa7, integer(7), integer(0), integer(0), VARBINDS)),
  );

/** A SEQUENCE in a SEQUENCE in a …, as many as a datagram holds. */
export function nested(depth: number): Buffer {
  let bytes: Uint8Array = new Uint8Array();
  for (let i = 0; i < depth; i++) bytes = tlv(0x30, bytes);
  return Buffer.from(bytes);
}
