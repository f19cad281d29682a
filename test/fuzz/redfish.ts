import {
  actionInfoValues,
  identityOf,
  linkAt,
  membersOf,
  messageIds,
  messagesIn,
  parseResource,
  powerOf,
  resetAction,
  taskProgress,
} from "../../src/codec/redfish.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import type { FuzzTarget } from "./fuzz-target.ts";

const UUID = "4c4c4544-0042-3010-8052-000000000001";
const TARGET = "/redfish/v1/Systems/1/Actions/ComputerSystem.Reset";
const RESET = { target: TARGET, "ResetType@Redfish.AllowableValues": ["On", "ForceOff"] };
const MESSAGE = { MessageId: "Base.1.8.NoValidSession", Message: "no", MessageArgs: ["x"] };

/** The power that a service's text says: one word of the schema in a field of the resource itself. */
function saidOf(text: string): "on" | "off" | "unknown" {
  let said: unknown;
  try {
    const resource: unknown = JSON.parse(text);
    if (typeof resource === "object" && resource !== null)
      said = Object.entries(resource).find(([name]) => name === "PowerState")?.[1];
  } catch {
    return "unknown";
  }
  if (said === "Off") return "off";
  const powered = ["On", "PoweringOn", "PoweringOff", "Paused"].some((word) => word === said);
  return powered ? "on" : "unknown";
}

/** What a Redfish service answers: nothing throws, the power is the word that stands there, paths stay at the service, texts are bounded. */
const target: FuzzTarget = {
  seeds: [
    { Members: [{ "@odata.id": "/redfish/v1/Systems/1" }] },
    { PowerState: "On" },
    { PowerState: "PoweringOff", Oem: { PowerState: "Off" } },
    { PowerState: "Off", UUID, SerialNumber: "CZ1", Actions: { "#ComputerSystem.Reset": RESET } },
    { Parameters: [{ Name: "ResetType", AllowableValues: ["On"] }] },
    { error: { message: "general", "@Message.ExtendedInfo": [MESSAGE] } },
    { TaskState: "Exception", TaskStatus: "Critical", Messages: [MESSAGE] },
    { Systems: { "@odata.id": "https://bmc/redfish/v1/Systems" } },
  ]
    .map((resource) => JSON.stringify(resource))
    .concat('"PowerState":"Off",', '{"PowerState":', '"PoweringOn"', "{", "}", "[", "]", ",")
    .map(utf8),
  run(input) {
    const text = Buffer.from(input).toString("utf8");
    const resource = parseResource(text);
    const { state } = powerOf(resource);
    const wanted = saidOf(text);
    if (state !== wanted) throw new Error(`"${state}" instead of "${wanted}"`);
    const action = resetAction(resource);
    for (const path of [
      ...membersOf(resource),
      linkAt(resource, "Systems"),
      action?.target,
      action?.info,
    ])
      if (path !== undefined && !/^\/redfish\/[!-~]{0,512}$/.test(path))
        throw new Error(`path ${path}`);
    if (messagesIn(resource).length > 1100) throw new Error("a long message");
    messageIds(resource);
    identityOf(resource);
    actionInfoValues(resource);
    taskProgress(200, resource);
  },
};
export default target;
