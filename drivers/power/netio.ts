/**
 * NETIO power sockets and PDUs by their JSON API: one file, netio.json, tells everything and takes the commands.
 *
 * - on: State 1; off: State 0; all else is unknown.
 * - A command is answered with the same file, which may still hold the old state: it is read again.
 */
import {
  definePower,
  fieldOf,
  HTTP_OPTIONS,
  type HttpClient,
  httpFaults,
  httpPdu,
  listIn,
  numberIn,
  OobError,
  type OutletReading,
  openHttp,
  type PduReading,
  type PowerState,
  seconds,
  textIn,
  textOf,
} from "oob/sdk";

/** State of an output. */
const STATES: ReadonlyMap<unknown, PowerState> = new Map([
  [1, "on"],
  [0, "off"],
]);
/** 2 and 3 are short off and on, 4 toggles, 5 changes nothing: none of them is sent. */
const ACTIONS = { on: 1, off: 0 } as const;

export default definePower({
  summary: "NETIO power sockets and PDUs, by their JSON API",
  sources: [
    "wiki.netio-products.com: JSON API",
    "answer of a NETIO 4All (JSONVer 2.1): imolein.github.io/lua-netio, data structures",
    "Netio on PyPI: actions, milliamperes; wiki.netio-products.com: energy in Wh",
    "tried against a stand-in only",
  ],
  address: "host-port",
  options: HTTP_OPTIONS,
  check: (options) => httpFaults(options, true),
  async open(options, context) {
    const client = await openHttp("netio", options, context, { clear: true });
    return httpPdu({
      client,
      settle: seconds(5),
      serial: textOf(options, "serial"),
      load: async () => readingIn(await client.requestJson({ path: "/netio.json", doing: "read" })),
      send: (instance, command) => send(client, instance, command),
    });
  },
});

async function send(client: HttpClient, instance: string, command: "on" | "off"): Promise<void> {
  const body = JSON.stringify({ Outputs: [{ ID: Number(instance), Action: ACTIONS[command] }] });
  const doing = `switch ${instance} of`;
  const answer = await client.requestJson({
    ...{ method: "POST", path: "/netio.json", body, doing, acts: true },
    headers: { "content-type": "application/json" },
  });
  if (fieldOf(answer, "Errors") === undefined && fieldOf(answer, "errors") === undefined) return;
  throw new OobError("PDU_REFUSED", `Cannot ${doing} ${client.label}: it answers with an error`, {
    hint: "May this user write? NETIO has one user for reading and one for both",
  });
}

function readingIn(answer: unknown): PduReading {
  const model = textIn(answer, "Agent", "Model");
  const serial = textIn(answer, "Agent", "SerialNumber");
  const firmware = textIn(answer, "Agent", "Version");
  const watts = numberIn(answer, "GlobalMeasure", "TotalLoad");
  const wattHours = numberIn(answer, "GlobalMeasure", "TotalEnergy");
  return {
    family: "netio",
    ...(model !== undefined && { model }),
    ...(serial !== undefined && { serial }),
    ...(firmware !== undefined && { firmware }),
    outlets: listIn(answer, "Outputs").flatMap(outletIn),
    ...((watts ?? wattHours) !== undefined && {
      totals: {
        ...(watts !== undefined && { watts }),
        ...(wattHours !== undefined && { kwh: wattHours / 1000 }),
      },
    }),
  };
}

function outletIn(output: unknown): OutletReading[] {
  const id = numberIn(output, "ID");
  if (id === undefined || !Number.isInteger(id) || id < 1) return [];
  const name = textIn(output, "Name");
  const said = fieldOf(output, "State");
  const state = STATES.get(said) ?? "unknown";
  const watts = numberIn(output, "Load");
  const milliamps = numberIn(output, "Current");
  const wattHours = numberIn(output, "Energy");
  return [
    {
      ...{ instance: String(id), label: String(id), state, pending: false },
      ...(name !== undefined && { name }),
      ...(state === "unknown" && { note: "its state is neither 0 nor 1" }),
      ...(watts !== undefined && { watts }),
      ...(milliamps !== undefined && { amps: milliamps / 1000 }),
      ...(wattHours !== undefined && { kwh: wattHours / 1000 }),
    },
  ];
}
