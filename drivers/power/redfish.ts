/**
 * Systems behind a BMC that speaks Redfish. Each system is an outlet, known by the last part of its path, and by its
 * UUID (or serial number) in every reading.
 *
 * - on: "On", and "Paused" with a note. PoweringOn and PoweringOff are on and pending: neither counts as done.
 * - off: "Off", nothing else. unknown: all that is not a word of the schema, and every question without an answer.
 *
 * Only values of ResetType that the service lists are sent. A 2xx proves nothing: the state is read back.
 */
import {
  actionInfoValues,
  callByPath,
  identityOf,
  lampOn,
  linkAt,
  membersOf,
  powerOf,
  type ResetAction,
  resetAction,
  textField,
} from "oob/codec/redfish";
import {
  definePower,
  durationOf,
  HTTP_OPTIONS,
  httpFaults,
  MAX_REQUEST_TIME,
  type Millis,
  OobError,
  type OptionValues,
  type OutletCommand,
  type OutletReading,
  openHttp,
  type Pdu,
  type PduReading,
  type PowerContext,
  printable,
  RedfishService,
  seconds,
  secretOf,
  textOf,
} from "oob/sdk";

/** Emulators were seen to take 11 s, servers 46 s (powerman issue 67). */
const SETTLE: Millis = seconds(60);
const MAX_SYSTEMS = 64;

/** Values of ResetType for each command, the better first. PushPowerButton is none: it turns on what is off. */
const RESETS: Readonly<Partial<Record<OutletCommand, readonly string[]>>> = {
  on: ["On", "ForceOn"],
  off: ["ForceOff"],
  reset: ["ForceRestart"],
  soft: ["GracefulShutdown"],
  nmi: ["Nmi"],
};
const COMMANDS = [...(Object.keys(RESETS) as OutletCommand[]), "identify"] as const;

export default definePower({
  summary: "Systems behind a BMC, over Redfish",
  sources: [
    "DMTF DSP0266 1.20 (protocol), DSP2046 (ComputerSystem, ActionInfo, Task, Session)",
    "sushy 4.3.3, sushy-tools, bmcweb, and threads about iDRAC, iLO, XCC and AMI: see mocks/redfish-service.ts",
  ],
  address: "host-port",
  options: {
    ...HTTP_OPTIONS,
    port: {
      kind: "integer",
      min: 1,
      max: 65535,
      summary: "TCP port; without it 443, without tls 80",
    },
    tls: { kind: "boolean", default: true, summary: "HTTPS" },
    user: { kind: "text", required: true, summary: "user of the BMC" },
    password: { kind: "secret", required: true, summary: "its password" },
    serial: { kind: "text", summary: "UUID or serial number that the system must have" },
    timeout: {
      kind: "duration",
      default: "10s",
      min: 100,
      max: MAX_REQUEST_TIME,
      summary: "how long one request may take",
    },
    system: { kind: "text", summary: "the one system that is meant, where the BMC has several" },
    auth: {
      kind: "choice",
      choices: ["session", "basic"],
      default: "session",
      summary: "a session, or the password with each request",
    },
    settle: {
      kind: "duration",
      default: "60s",
      summary: "longest time until it shows what it was told",
    },
  },
  check: (options) => httpFaults(options, true),
  open: async (options, context) => new RedfishPower(options, await serviceOf(options, context)),
});

async function serviceOf(options: OptionValues, context: PowerContext): Promise<RedfishService> {
  // The login is the service's own: the client must not answer a challenge with the password.
  const { password: _, ...rest } = options;
  const [fault] = httpFaults(options, true);
  if (fault) throw new OobError("CONFIG_INVALID", `Cannot use redfish: ${fault.message}`);
  const http = await openHttp("redfish", rest, context);
  const ref = secretOf(options, "password");
  const password = ref === undefined ? "" : await context.secret(ref);
  const way = textOf(options, "auth") === "basic" ? "basic" : "session";
  return new RedfishService(http, { user: textOf(options, "user"), password, way }, context.clock);
}

class RedfishPower implements Pdu {
  readonly settle: Millis;
  readonly #options: OptionValues;
  readonly #service: RedfishService;
  /** Paths of the systems that are outlets, by what they are called; found once. */
  #paths: ReadonlyMap<string, string> | undefined;
  /** Who each was when it was first read. */
  readonly #known = new Map<string, string>();
  /** Lists of values by the path of their ActionInfo. */
  readonly #infos = new Map<string, readonly string[] | undefined>();
  /** What was offered since it was opened; undefined: nothing was read. Some services list what fits the moment only. */
  #offered: ReadonlySet<OutletCommand> | undefined;

  constructor(options: OptionValues, service: RedfishService) {
    this.#options = options;
    this.#service = service;
    this.settle = durationOf(options, "settle", SETTLE);
  }

  get label(): string {
    return this.#service.label;
  }

  /** What at least one of the systems has offered; all, until one was read. */
  get commands(): readonly OutletCommand[] {
    const offered = this.#offered;
    return offered ? COMMANDS.filter((command) => offered.has(command)) : COMMANDS;
  }

  async read(): Promise<PduReading> {
    const outlets: OutletReading[] = [];
    let serial: string | undefined;
    let model: string | undefined;
    for (const instance of (await this.#systems()).keys()) {
      const system = await this.#system(instance);
      model ??= [textField(system, "Manufacturer"), textField(system, "Model")]
        .filter(Boolean)
        .join(" ");
      outlets.push(outletOf(instance, system));
      serial = this.#serialOf(system);
    }
    return {
      family: "redfish",
      ...(model && { model }),
      ...(serial !== undefined && { serial }),
      outlets,
    };
  }

  async readOutlet(instance: string): Promise<OutletReading & { readonly serial?: string }> {
    const system = await this.#system(instance);
    const serial = this.#serialOf(system);
    return { ...outletOf(instance, system), ...(serial !== undefined && { serial }) };
  }

  async command(instance: string, command: OutletCommand, late?: AbortSignal): Promise<void> {
    const system = await this.#system(instance);
    const path = (await this.#systems()).get(instance) ?? "";
    const lamp = command === "identify" ? lampOn(system) : undefined;
    const doing = `do "${command}" at`;
    const given = { tagged: path, late };
    if (lamp) return this.#service.act("PATCH", path, lamp, doing, given);
    const action = resetAction(system);
    if (action?.info !== undefined) this.#infos.delete(action.info);
    const value = action && valueFor(command, await this.#allowed(action));
    if (action === undefined || value === undefined)
      throw new OobError("PDU_REFUSED", `Cannot ${doing} ${this.label}: it offers no such thing`);
    return this.#service.act("POST", action.target, { ResetType: value }, doing, given);
  }

  close(): Promise<void> {
    return this.#service.close();
  }

  async #systems(): Promise<ReadonlyMap<string, string>> {
    if (this.#paths) return this.#paths;
    const collection = linkAt(await this.#service.root(), "Systems");
    const listed = collection === undefined ? [] : membersOf(await this.#service.get(collection));
    const paths = callByPath(listed.slice(0, MAX_SYSTEMS));
    const wanted = textOf(this.#options, "system");
    const chosen = wanted === "" ? paths : new Map([...paths].filter(([id]) => id === wanted));
    if (chosen.size === 0) {
      const has =
        paths.size === 0 ? "it lists no systems" : `it has ${[...paths.keys()].join(", ")}`;
      const what = wanted === "" ? "a system" : `system "${printable(wanted, 64)}"`;
      throw new OobError("OUTLET_UNKNOWN", `Cannot find ${what} at ${this.label}: ${has}`);
    }
    if (chosen.size > 1 && textOf(this.#options, "serial") !== "") {
      const [first = ""] = chosen.keys();
      const has = `it has ${chosen.size} systems, and serial: is the number of one`;
      throw new OobError("CONFIG_INVALID", `Cannot use ${this.label}: ${has}`, {
        hint: `Say system: ${first}, or another of ${[...chosen.keys()].join(", ")}`,
      });
    }
    this.#paths = chosen;
    return chosen;
  }

  /** A system, fresh, and the same as before. */
  async #system(instance: string): Promise<unknown> {
    const path = (await this.#systems()).get(instance);
    if (path === undefined) {
      const text = `Cannot find system "${printable(instance, 64)}" at ${this.label}: it lists no such`;
      const hint = `It has ${[...(await this.#systems()).keys()].join(", ")}`;
      throw new OobError("OUTLET_UNKNOWN", text, { hint });
    }
    const system = await this.#service.get(path);
    this.#checkSame(instance, system);
    const action = resetAction(system);
    // A list that cannot be read now is no reason to know nothing about the power.
    const allowed = action ? await this.#allowed(action).catch(() => undefined) : [];
    const now = COMMANDS.filter((command) =>
      command === "identify" ? lampOn(system) : valueFor(command, allowed),
    );
    this.#offered = new Set([...(this.#offered ?? []), ...now]);
    return system;
  }

  /** Values that the service lists, with the action or elsewhere. */
  async #allowed({ allowed, info }: ResetAction): Promise<readonly string[] | undefined> {
    if (allowed !== undefined || info === undefined) return allowed;
    if (!this.#infos.has(info))
      this.#infos.set(info, actionInfoValues(await this.#service.get(info)));
    return this.#infos.get(info);
  }

  #checkSame(instance: string, system: unknown): void {
    const { label } = this;
    const now = identityOf(system);
    const before = this.#known.get(instance);
    if (before !== undefined && now !== undefined && before !== now)
      throw new OobError(
        "PDU_REFUSED",
        `Cannot use ${label}: system "${instance}" is "${now}", it was "${before}"`,
      );
    if (now !== undefined) this.#known.set(instance, now);
    const wanted = plain(textOf(this.#options, "serial"));
    if (wanted === "") return;
    const is = [now, textField(system, "SerialNumber")].filter((one) => one !== undefined);
    if (is.some((one) => plain(one) === wanted)) return;
    // Firmware that has forgotten its numbers for a while is no other system.
    if (is.length === 0 && before !== undefined) return;
    throw new OobError(
      "PDU_REFUSED",
      `Cannot use ${label}: it is "${now ?? ""}", not "${printable(textOf(this.#options, "serial"), 64)}"`,
      { hint: "Another BMC answers at this address; check it, then correct serial: of the PDU" },
    );
  }

  /** The device's own number is that of its only system. */
  #serialOf(system: unknown): string | undefined {
    return this.#paths?.size === 1 ? identityOf(system) : undefined;
  }
}

function outletOf(instance: string, system: unknown): OutletReading {
  const { state, pending, note } = powerOf(system);
  const label = printable(instance, 64);
  return { instance, label, state, pending, ...(note !== undefined && { note }) };
}

/** The value to be sent: the best that the service lists; where it lists none, the best of all. */
function valueFor(
  command: OutletCommand,
  allowed: readonly string[] | undefined,
): string | undefined {
  const values = RESETS[command] ?? [];
  return allowed === undefined ? values[0] : values.find((value) => allowed.includes(value));
}

/** People copy UUIDs with dashes or without, and in capitals. */
const plain = (serial: string): string => serial.toLowerCase().replaceAll("-", "");
