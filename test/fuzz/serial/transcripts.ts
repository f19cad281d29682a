/** What devices of every family said in talks that went well: inputs to be damaged. */

import { MockSerialPdu, type SerialPduSetup } from "../../../mocks/serial-pdu.ts";
import { SERIAL_PDU_FAMILIES } from "../../../mocks/serial-pdu-families.ts";
import { Dialogue } from "../../../src/codec/dialogue.ts";
import { concatBytes } from "../../../src/lib/bytes.ts";
import type { SerialPduProfile } from "../../../src/sdk/serial-pdu-profile.ts";

/** Bytes of an input that are no text: it pauses; it is silent for so long that a step is over. */
export const PAUSE = 0xff;
export const SILENCE = 0xfe;
const TURNS = 60;

type Family = SerialPduSetup["family"];
const isMocked = (name: string): name is Family => Object.hasOwn(SERIAL_PDU_FAMILIES, name);

const SETUPS: readonly Omit<SerialPduSetup, "family">[] = [
  { names: ["db", "ON", "web1", "x  OFF"], confirms: true },
  { names: ["", "web2", "web1"], login: { user: "oob", password: "s3cret" }, page: 2 },
];

/** A dialogue's answers, as a mock of the family gives them; none where there is no mock. */
export async function transcripts(
  name: string,
  profile: SerialPduProfile,
  values: ReadonlyMap<string, string>,
): Promise<Uint8Array[]> {
  if (!isMocked(name)) return [];
  const found: Uint8Array[] = [];
  for (const setup of SETUPS) {
    const heard: Uint8Array[] = [];
    const mock = new MockSerialPdu({ family: name, ...setup });
    for (const outlet of mock.outlets.slice(1)) outlet.on = false;
    const dialogue = new Dialogue(profile.steps, profile.begins, { values });
    // As every talk begins: nothing is waited for, a key is typed.
    dialogue.expired();
    let fresh = false;
    const session = mock.connect(
      (bytes) => {
        heard.push(bytes.slice());
        dialogue.receive(bytes);
        fresh = true;
      },
      () => undefined,
      true,
    );
    for (let turn = 0; turn < TURNS && dialogue.over === undefined; turn++) {
      session.receive(dialogue.takeOutput());
      await new Promise((resolve) => setImmediate(resolve));
      heard.push(Uint8Array.of(fresh ? PAUSE : SILENCE));
      if (fresh) dialogue.settled();
      else dialogue.expired();
      fresh = false;
    }
    if (dialogue.over === "done") found.push(concatBytes(heard));
  }
  return found;
}
