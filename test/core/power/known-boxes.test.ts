import { expect, test } from "vitest";
import type { Audit } from "../../../src/core/audit/audit.ts";
import { KnownBoxes } from "../../../src/core/power/known-boxes.ts";
import type { Feed } from "../../../src/core/power/power-feed.ts";
import { PowerLedger } from "../../../src/core/power/power-ledger.ts";
import { checkSameDevice } from "../../../src/core/power/power-outlets.ts";
import type { SiteEvent } from "../../../src/core/site/site.ts";
import { ManualClock } from "../../../src/lib/clock.ts";

const MAC = "mac 00:c0:b7:5e:10:4a";
const outlet = (known: { serial?: string; mark?: string }) => ({
  ...{ id: "a/1", pdu: "a", instance: "1" },
  ...known,
});
const intent = (id: string, known: { serial?: string; mark?: string }): SiteEvent => ({
  ...{ seq: 1, at: 1, type: "power.intent", by: "jana", host: "web1", text: "" },
  data: { id, verb: "on", outlets: [outlet(known)] },
});
const asks = { host: "web1", verb: "cycle", by: "watchdog" } as const;

/** A trail that says so, and holds back what follows its first record until `goOn` when it is read again. */
function trail(records: readonly SiteEvent[]) {
  let reads = 0;
  let goOn = () => {};
  let reached = () => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  const atFirst = new Promise<void>((resolve) => {
    reached = resolve;
  });
  async function* read() {
    reads++;
    for (const [i, record] of records.entries()) {
      if (i > 0 && reads > 1) {
        reached();
        await held;
      }
      yield record;
    }
  }
  return { audit: { read } as unknown as Audit, goOn: () => goOn(), atFirst };
}

test.each<[{ serial?: string; mark?: string }, { serial?: string; mark?: string }, boolean]>([
  // Bound or written down when its agent gave no mark, or by a version that asked for none.
  [{ serial: "N/A" }, { serial: "N/A", mark: MAC }, true],
  [{ serial: "0", mark: MAC }, { serial: "0" }, true],
  [{}, { mark: MAC }, true],
  [{ mark: MAC }, { mark: MAC }, true],
  [{ mark: MAC }, { mark: "mac 00:c0:b7:5e:10:4b" }, false],
  [{ serial: "S1" }, { mark: MAC }, false],
  [{ serial: "N/A" }, { serial: "S1" }, false],
  [{ serial: "S1" }, { serial: "S2" }, false],
])("a box known by %j, then by %j: the same, as far as is known: %s", async (had, has, same) => {
  const ledger = new PowerLedger(trail([intent("1", had)]).audit, new ManualClock());
  const feeds = [{ outlet: outlet(has) }] as unknown as Feed[];
  const checked = new KnownBoxes(ledger).check(feeds, asks);
  if (same) {
    await expect(checked).resolves.toBeUndefined();
    expect(() => checkSameDevice(outlet(had), has)).not.toThrow();
  } else {
    await expect(checked).rejects.toMatchObject({ code: "PDU_REFUSED" });
    expect(() => checkSameDevice(outlet(had), has)).toThrow(/serial number/);
  }
});

test("an order on a PDU that was exchanged long ago is not refused while another one reads the trail again", async () => {
  const { audit, goOn, atFirst } = trail([
    intent("1", { serial: "S1" }),
    intent("2", { serial: "S2" }),
  ]);
  const ledger = new PowerLedger(audit, new ManualClock());
  const boxes = new KnownBoxes(ledger);
  const now = [{ outlet: outlet({ serial: "S2" }) }] as unknown as Feed[];
  await boxes.check(now, asks);
  const other = ledger.movedSince(0);
  await atFirst;
  await expect(boxes.check(now, asks)).resolves.toBeUndefined();
  goOn();
  await other;
  await expect(boxes.check(now, asks)).resolves.toBeUndefined();
});
