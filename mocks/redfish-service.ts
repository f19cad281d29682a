/**
 * A Redfish service as its schema says, with one machine or several whose power takes its time, and with what vendors
 * make of the schema as switches. Facts from: dellemc-openmanage-ansible-modules issues 115 and 132 (iDRAC: 409
 * "Server is already powered ON"), goldyfruit/ansible-ilo issue 1 (iLO: 400 without a text), ibm-openbmc/bmcweb pull
 * 522 (OpenBMC: ActionInfo, no ForceRestart), stmcginnis/gofish issue 171 (AMI: If-Match wanted), dell/iDRAC-Redfish-
 * Scripting issues 116 (202) and 169 (one message without a list), sushy-tools (state follows 1 to 11 s later), the DMTF mockup
 * server (204 to everything, nothing happens).
 */
import type { Clock, Millis } from "../src/lib/clock.ts";
import { HttpService, type MockReply, type MockRequest } from "./http-service.ts";

export const REDFISH_TYPES = [
  ...["On", "ForceOff", "GracefulShutdown", "GracefulRestart", "ForceRestart", "Nmi", "ForceOn"],
  "PushPowerButton",
] as const;

const SYSTEMS = "/redfish/v1/Systems";

/** What vendors do differently, and what goes wrong. All can be changed while it runs. */
export interface RedfishOddities {
  /** The state follows so much later. */
  lateBy: Millis;
  /** While it changes it says PoweringOn or PoweringOff; else it shows the old state. */
  says: "pending" | "old";
  /** Says yes, and does nothing. */
  liar: boolean;
  /** The status of a success. */
  success: 200 | 202 | 204;
  /** What a task says in the end. */
  task: "Completed" | "Exception" | "gone";
  /** Of a machine that is so already: Dell 409, HPE 400 without a text, most 204. */
  already: 204 | 400 | 409;
  /** Where the allowed values stand. */
  lists: "values" | "action-info" | "broken-info" | "nowhere";
  allowed: readonly string[];
  /** AMI, Huawei: whatever changes something wants If-Match. */
  wantsTag: boolean;
  /** No session service: 404. */
  noSessions: boolean;
  maxSessions: number;
  /** Location of a session: a path, a whole URL of a name that nobody knows, or none. */
  location: "path" | "url" | "none";
  /** Which lamp a machine has. */
  lamp: "LocationIndicatorActive" | "IndicatorLED" | "none";
  /** Instead of the word for its power. */
  power: unknown;
  /** Its UUID and serial number are empty while it is off. */
  forgets: boolean;
  /** The next so many requests with a session fail, as when it has expired. */
  expires: number;
  onReset: () => void;
}

interface Machine {
  readonly id: string;
  uuid: string | undefined;
  serial: string;
  isOn: boolean;
  turning: { readonly to: boolean; readonly at: Millis } | undefined;
}

export class RedfishMock {
  readonly oddities: RedfishOddities = {
    ...{ lateBy: 0, says: "old", liar: false, success: 204, task: "Completed", already: 204 },
    ...{ lists: "values", allowed: REDFISH_TYPES, wantsTag: false, noSessions: false },
    ...{ maxSessions: 8, location: "path", power: undefined, forgets: false, expires: 0 },
    lamp: "LocationIndicatorActive",
    onReset: () => undefined,
  };
  readonly http: HttpService;
  readonly machines: readonly Machine[];
  /** What a machine's lamp was set to last. */
  lit: unknown;
  /** Values of ResetType that were taken, in order. */
  readonly resets: string[] = [];
  readonly sessions = new Set<string>();
  /** How often a session was asked for. */
  logins = 0;
  readonly #clock: Clock;
  readonly #user: string;
  readonly #password: string;
  #polls = 0;
  #tag = 1;

  constructor(
    clock: Clock,
    login: { readonly user: string; readonly password: string },
    { ids = ["1"], tls = false }: { readonly ids?: readonly string[]; readonly tls?: boolean } = {},
  ) {
    this.#clock = clock;
    this.#user = login.user;
    this.#password = login.password;
    this.machines = ids.map((id, i) => ({
      ...{ id, uuid: `4c4c4544-0042-3010-8052-${String(i + 1).padStart(12, "0")}` },
      ...{ serial: `CZ${i + 1}`, isOn: true, turning: undefined },
    }));
    this.http = new HttpService((request) => this.#answer(request), undefined, tls);
  }

  /** Whether a machine has power at this moment. */
  isOn(index = 0): boolean {
    const machine = this.machines[index];
    return machine !== undefined && this.#settled(machine).isOn;
  }

  #settled(machine: Machine): Machine {
    const { turning } = machine;
    if (turning && this.#clock.monotonic() >= turning.at) {
      machine.isOn = turning.to;
      machine.turning = undefined;
    }
    return machine;
  }

  #answer(request: MockRequest): MockReply {
    const path = request.path.replace(/(?<=.)\/$/, "");
    if (path === "/redfish/v1") return { body: this.#root() };
    if (path === "/redfish/v1/SessionService/Sessions" && request.method === "POST")
      return this.#newSession(request);
    if (!this.#letsIn(request)) return failure(401, "Base.1.8.NoValidSession", "No valid session");
    if (path === "/redfish/v1/SessionService" && !this.oddities.noSessions)
      return { body: { "@odata.id": path, Sessions: link(`${path}/Sessions`) } };
    const [, session] = /^\/redfish\/v1\/SessionService\/Sessions\/(\w+)$/.exec(path) ?? [];
    if (session !== undefined && request.method === "DELETE")
      return this.sessions.delete(session) ? { status: 204 } : { status: 404 };
    if (path === SYSTEMS) return { body: this.#collection() };
    if (path === "/redfish/v1/TaskService/Tasks/7") return this.#task();
    const machine = this.machines.find(({ id }) => `${path}/`.startsWith(`${SYSTEMS}/${id}/`));
    const at = `${SYSTEMS}/${machine?.id}`.length;
    return machine ? this.#system(machine, path.slice(at), request) : { status: 404 };
  }

  #root(): object {
    const sessions = link("/redfish/v1/SessionService/Sessions");
    return {
      ...{ "@odata.id": "/redfish/v1/", Id: "RootService", Name: "Root", RedfishVersion: "1.15.0" },
      Systems: link(SYSTEMS),
      ...(!this.oddities.noSessions && {
        SessionService: link("/redfish/v1/SessionService"),
        Links: { Sessions: sessions },
      }),
    };
  }

  #collection(): object {
    const members = this.machines.map(({ id }) => link(`${SYSTEMS}/${id}`));
    return { Name: "Systems", Members: members, "Members@odata.count": members.length };
  }

  #newSession({ body }: MockRequest): MockReply {
    this.logins++;
    const { maxSessions, noSessions, location } = this.oddities;
    if (noSessions) return { status: 404 };
    const asked = json(body);
    if (asked.UserName !== this.#user || asked.Password !== this.#password)
      return failure(401, "Base.1.8.ResourceAtUriUnauthorized", "While accessing: unauthorized");
    if (this.sessions.size >= maxSessions)
      return failure(503, "Base.1.8.SessionLimitExceeded", "Too many sessions");
    const token = `t${this.logins}`;
    this.sessions.add(token);
    const path = `/redfish/v1/SessionService/Sessions/${token}`;
    const where = { path, url: `https://bmc.invalid${path}`, none: undefined }[location];
    return {
      status: 201,
      headers: { "x-auth-token": token, ...(where !== undefined && { location: where }) },
      body: { "@odata.id": path, Id: token, UserName: this.#user },
    };
  }

  #letsIn({ headers }: MockRequest): boolean {
    const token = headers["x-auth-token"];
    if (typeof token === "string") {
      if (this.oddities.expires > 0) {
        this.oddities.expires--;
        this.sessions.delete(token);
      }
      return this.sessions.has(token);
    }
    const basic = Buffer.from(`${this.#user}:${this.#password}`).toString("base64");
    return headers.authorization === `Basic ${basic}`;
  }

  #system(machine: Machine, rest: string, request: MockRequest): MockReply {
    const tag = `W/"${this.#tag}"`;
    if (rest === "" && request.method === "GET")
      return { headers: { etag: tag }, body: { ...this.#resource(machine), "@odata.etag": tag } };
    if (rest === "/ResetActionInfo" && this.oddities.lists === "action-info")
      return { body: actionInfo(this.oddities.allowed) };
    if (this.oddities.wantsTag && request.headers["if-match"] !== tag)
      return failure(428, "Ami.1.0.PreconditionHeaderMissing", "The If-Match header is missing");
    if (rest === "" && request.method === "PATCH") {
      this.lit = json(request.body)[this.oddities.lamp];
      return { status: this.lit === undefined ? 400 : 204 };
    }
    if (rest !== "/Actions/ComputerSystem.Reset" || request.method !== "POST")
      return { status: 404 };
    return this.#reset(machine, json(request.body).ResetType);
  }

  #resource(machine: Machine): object {
    const { lists, allowed, lamp, power, forgets, says } = this.oddities;
    const { id, uuid, serial, isOn, turning } = this.#settled(machine);
    const blank = forgets && !isOn;
    const path = `${SYSTEMS}/${id}`;
    const word = isOn ? "On" : "Off";
    const shown =
      turning && says === "pending" ? (turning.to ? "PoweringOn" : "PoweringOff") : word;
    return {
      ...{ "@odata.id": path, "@odata.type": "#ComputerSystem.v1_13_0.ComputerSystem" },
      ...{ Id: id, Name: "System", Manufacturer: "Acme", Model: "R1", Boot: {} },
      ...(uuid !== undefined && { UUID: blank ? "00000000-0000-0000-0000-000000000000" : uuid }),
      SerialNumber: blank ? "" : serial,
      PowerState: power === undefined ? shown : power,
      ...(lamp !== "none" && { [lamp]: lamp === "IndicatorLED" ? "Off" : false }),
      Actions: {
        "#ComputerSystem.Reset": {
          target: `${path}/Actions/ComputerSystem.Reset`,
          ...(lists === "values" && { "ResetType@Redfish.AllowableValues": allowed }),
          ...(lists.endsWith("-info") && { "@Redfish.ActionInfo": `${path}/ResetActionInfo` }),
        },
      },
    };
  }

  #reset(machine: Machine, type: unknown): MockReply {
    const { allowed, already, lateBy, liar, success } = this.oddities;
    if (typeof type !== "string" || !allowed.includes(type))
      return failure(
        400,
        "Base.1.8.ActionParameterNotSupported",
        `The value ${String(type)} for the property ResetType is not in the list of acceptable values.`,
      );
    const to = { On: true, ForceOn: true, ForceOff: false, GracefulShutdown: false }[type];
    if (to === this.#settled(machine).isOn && already === 409)
      return failure(409, "IDRAC.2.1.PSU501", `Server is already powered ${to ? "ON" : "OFF"}.`);
    if (to === machine.isOn && already === 400) return iloFailure(to);
    this.resets.push(type);
    this.oddities.onReset();
    this.#tag++;
    if (to !== undefined && !liar) machine.turning = { to, at: this.#clock.monotonic() + lateBy };
    this.#polls = 0;
    if (success === 202)
      return { status: 202, headers: { location: "/redfish/v1/TaskService/Tasks/7" }, body: {} };
    const error = { "@Message.ExtendedInfo": [{ MessageId: "Base.1.8.Success" }] };
    return success === 204 ? { status: 204 } : { status: 200, body: { error } };
  }

  /** Running when it is looked at first, then what the switch says. */
  #task(): MockReply {
    const { task } = this.oddities;
    if (this.#polls++ === 0) return { status: 202, body: { TaskState: "Running" } };
    if (task === "gone") return { status: 404 };
    const failed = task === "Exception";
    const Messages = [{ Message: failed ? "The power supply did not answer" : "Done" }];
    return { body: { TaskState: task, TaskStatus: failed ? "Critical" : "OK", Messages } };
  }
}

const link = (path: string) => ({ "@odata.id": path });

function json(body: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(body)) as Readonly<Record<string, unknown>>;
  } catch {
    return {};
  }
}

const failure = (status: number, id: string, text: string): MockReply => ({
  status,
  body: {
    error: {
      code: "Base.1.8.GeneralError",
      message: "A general error has occurred. See ExtendedInfo for more information",
      "@Message.ExtendedInfo": [{ MessageId: id, Message: text }],
    },
  },
});

/** iLO 4: ids and arguments, no text. */
const iloFailure = (isOn: boolean): MockReply => ({
  status: 400,
  body: {
    error: {
      code: "iLO.0.10.ExtendedInfo",
      message: "See @Message.ExtendedInfo for more information.",
      "@Message.ExtendedInfo": [
        {
          MessageArgs: [`Power is ${isOn ? "on" : "off"}`],
          MessageID: "iLO.0.10.InvalidOperationForSystemState",
        },
      ],
    },
  },
});

const actionInfo = (allowed: readonly string[]) => ({
  ...{ "@odata.type": "#ActionInfo.v1_1_2.ActionInfo", Id: "ResetActionInfo", Name: "Reset" },
  Parameters: [{ Name: "ResetType", Required: true, DataType: "String", AllowableValues: allowed }],
});
