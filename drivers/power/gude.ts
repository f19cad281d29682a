/**
 * GUDE Expert Power Control and PDUs by HTTP: status.json, on older firmware statusjsn.js and ov.html.
 *
 * - on: state 1; off: state 0; all else is unknown.
 * - One answer holds the outlets and the MAC address, so that another unit is noticed at every reading.
 * - No loads: which meter belongs to which outlet differs by model, and the profile for SNMP knows it.
 */
import {
  definePower,
  fieldOf,
  HTTP_OPTIONS,
  type HttpClient,
  httpFaults,
  httpPdu,
  listIn,
  OobError,
  type OutletReading,
  openHttp,
  type PduReading,
  type PowerState,
  seconds,
  textIn,
  textOf,
} from "oob/sdk";

const STATES: ReadonlyMap<unknown, PowerState> = new Map([
  [1, "on"],
  [0, "off"],
]);
const SWITCH = { on: 1, off: 0 } as const;
/** All parts of the status: outlets (1), firmware (16), and the one with the MAC address. */
const COMPONENTS = 0x3fffffff;
const PAGES = [
  { status: "/status.json", command: "/status.json?components=1&cmd=1" },
  { status: "/statusjsn.js", command: "/ov.html?cmd=1" },
] as const;

export default definePower({
  summary: "GUDE Expert Power Control and PDUs, by HTTP",
  sources: [
    "wiki.gude.info: EPC HTTP Interface, by way of labgrid's drivers gude8031 and gude8225",
    "answers of units in public programs: outputs, misc.firm_v, ethernet.mac and ipv4.mac",
    "labgrid issue 1031: the unit blocks clients that ask in parallel",
    "tried against a stand-in only",
  ],
  address: "host-port",
  options: HTTP_OPTIONS,
  check: (options) => httpFaults(options, true),
  async open(options, context) {
    const client = await openHttp("gude", options, context, { clear: true });
    const unit = new GudeUnit(client);
    return httpPdu({
      client,
      settle: seconds(5),
      serial: textOf(options, "serial"),
      load: () => unit.load(),
      send: (instance, command) => unit.send(instance, command),
    });
  },
});

class GudeUnit {
  readonly #client: HttpClient;
  /** The pages that this firmware has. */
  #pages: (typeof PAGES)[number] | undefined;

  constructor(client: HttpClient) {
    this.#client = client;
  }

  async load(): Promise<PduReading> {
    if (this.#pages) return this.#status(this.#pages);
    const [newer, older] = PAGES;
    try {
      const reading = await this.#status(newer);
      this.#pages = newer;
      return reading;
    } catch (thrown) {
      if (!(thrown instanceof OobError) || thrown.code !== "PDU_UNKNOWN") throw thrown;
    }
    const reading = await this.#status(older);
    this.#pages = older;
    return reading;
  }

  async send(instance: string, command: "on" | "off"): Promise<void> {
    const { command: page } = this.#pages ?? PAGES[0];
    const doing = `switch ${instance} of`;
    // The answer of the older page is a web page: what came of it is read.
    await this.#client.requestText({
      ...{ path: `${page}&p=${instance}&s=${SWITCH[command]}`, doing, acts: true },
    });
  }

  async #status(pages: (typeof PAGES)[number]): Promise<PduReading> {
    const path = `${pages.status}?components=${COMPONENTS}`;
    return readingIn(await this.#client.requestJson({ path, doing: "read" }));
  }
}

function readingIn(answer: unknown): PduReading {
  const model = textIn(answer, "misc", "product_name");
  const serial = textIn(answer, "ethernet", "mac") ?? textIn(answer, "ipv4", "mac");
  const firmware = textIn(answer, "misc", "firm_v");
  return {
    family: "gude",
    ...(model !== undefined && { model }),
    ...(serial !== undefined && { serial }),
    ...(firmware !== undefined && { firmware }),
    // Their numbers are their places.
    outlets: listIn(answer, "outputs").map((output, i) => outletIn(output, String(i + 1))),
  };
}

function outletIn(output: unknown, number: string): OutletReading {
  const name = textIn(output, "name");
  const state = STATES.get(fieldOf(output, "state")) ?? "unknown";
  return {
    ...{ instance: number, label: number, state, pending: false },
    ...(name !== undefined && { name }),
    ...(state === "unknown" && { note: "its state is neither 0 nor 1" }),
  };
}
