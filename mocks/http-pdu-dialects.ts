/* What each family of power devices answers to a web request. Written from the sources that the drivers name. */
import type { MockReply, MockRequest } from "./http-service.ts";

/** One relay. */
export interface MockRelay {
  readonly name: string;
  on: boolean;
  readonly watts?: number;
  locked?: boolean;
  /** The user may not see it. */
  readonly hidden?: boolean;
}

/** The device behind the web server. */
export interface MockRelays {
  readonly mac: string;
  readonly relays: readonly MockRelay[];
  readonly faults: RelayFaults;
  /** Told to move a relay, by its place. */
  turn(place: number, on: boolean): void;
}

/** What goes wrong behind the web server. */
export interface RelayFaults {
  /** Takes commands and does nothing. */
  ignores?: boolean;
  /** Does what it is told, and drops the connection instead of answering; questions are answered. */
  loses?: boolean;
  /** Moves only when it has been asked for its state so often. */
  lateBy?: number;
  /** Gives this as state of the first relay. */
  strange?: unknown;
  /** Firmware of before: another page, another way to refuse. */
  older?: boolean;
  /** tasmota: the answer to Interlock. */
  interlock?: unknown;
  /** tasmota: the answer to PulseTime. */
  pulse?: unknown;
}

/** What a family answers to a request that was let in. */
export type HttpDialect = (device: MockRelays, request: MockRequest) => MockReply;

const NOT_FOUND: MockReply = { status: 404, body: "<html>Not found</html>" };

/** The state of a relay as this family writes it. */
function said(device: MockRelays, place: number, on: unknown, off: unknown): unknown {
  if (place === 0 && "strange" in device.faults) return device.faults.strange;
  return device.relays[place]?.on ? on : off;
}

const netio: HttpDialect = (device, { method, path, body }) => {
  if (path !== "/netio.json") return NOT_FOUND;
  if (method === "POST") {
    const { Outputs } = JSON.parse(body) as { Outputs: { ID: number; Action: number }[] };
    for (const { ID, Action } of Outputs) if (Action < 2) device.turn(ID - 1, Action === 1);
  }
  const Outputs = device.relays.map(({ name, on, watts }, i) => ({
    ...{ ID: i + 1, Name: name, State: said(device, i, 1, 0), Action: 6, Delay: 5000 },
    ...(watts !== undefined && {
      Load: on ? watts : 0,
      Current: on ? watts * 4 : 0,
      Energy: 17_500,
    }),
  }));
  const TotalLoad = Outputs.reduce((sum, { Load = 0 }) => sum + Number(Load), 0);
  const Agent = { Model: "NETIO 4All", Version: "3.1.0", SerialNumber: device.mac, NumOutputs: 4 };
  const metered = device.relays.some(({ watts }) => watts !== undefined);
  return {
    body: { Agent, ...(metered && { GlobalMeasure: { TotalLoad, TotalEnergy: 35_000 } }), Outputs },
  };
};

const gude: HttpDialect = (device, { path, query }) => {
  const { older = false } = device.faults;
  const status = path === (older ? "/statusjsn.js" : "/status.json");
  if (!status && !(older && path === "/ov.html")) return NOT_FOUND;
  if (query.get("cmd") === "1") device.turn(Number(query.get("p")) - 1, query.get("s") === "1");
  if (!status) return { body: "<html>Expert Power Control</html>" };
  const outputs = device.relays.map(({ name }, i) => ({
    ...{ name, state: said(device, i, 1, 0), sw_cnt: 8, type: 1, batch: [0, 0, 0, 0, 0, 0] },
    wdog: [0, 3, null, 32],
  }));
  const all = Number(query.get("components")) > 17;
  const misc = { product_name: "Expert Power Control 8031", firm_v: "v1.3.0" };
  return { body: { outputs, ...(all && { misc, ethernet: { mac: device.mac } }), eof: 1 } };
};

/** Digital Loggers without REST: bits in hexadecimal, which are 0 of an outlet that the user may not see. */
const dliLegacy: HttpDialect = (device, { path, query }) => {
  const { relays, faults } = device;
  const hex = (of: (relay: MockRelay, place: number) => boolean) =>
    relays
      .reduce((byte, relay, i) => byte | (of(relay, i) ? 1 << i : 0), 0)
      .toString(16)
      .padStart(2, "0");
  if (path === "/status") {
    const state =
      "strange" in faults ? String(faults.strange) : hex(({ on, hidden }) => on && !hidden);
    const rest = `<div id="lock">${hex(({ locked = false }) => locked)}</div>`;
    const perm = faults.older ? "" : `<div id="perm">${hex(({ hidden = false }) => !hidden)}</div>`;
    return { body: `<HTML><BODY><div id="state">${state}</div>${rest}${perm}</BODY></HTML>` };
  }
  const [one, word] = [...query][0] ?? [];
  if (!relays[Number(one) - 1] || (word !== "ON" && word !== "OFF")) return NOT_FOUND;
  device.turn(Number(one) - 1, word === "ON");
  return { status: 302, headers: { location: "/index.htm" }, body: "" };
};

const dli: HttpDialect = (device, request) => {
  const { method, path, headers, body } = request;
  if (path === "/status" || path === "/outlet") return dliLegacy(device, request);
  if (path === "/restapi/config/serial/") return { body: JSON.stringify(device.mac) };
  if (path === "/restapi/relay/model/") return { body: JSON.stringify("Pro Switch") };
  const one = /^\/restapi\/relay\/outlets\/(\d+)\/state\/$/.exec(path);
  if (one && method === "PUT") {
    const relay = device.relays[Number(one[1])];
    if (!relay) return NOT_FOUND;
    if (headers["x-csrf"] === undefined) return { status: 400 };
    if (relay.locked) return { status: 409 };
    device.turn(Number(one[1]), body === "value=true");
    return { status: 204 };
  }
  if (path !== "/restapi/relay/outlets/") return NOT_FOUND;
  return {
    body: device.relays.map(({ name, on, locked = false }, i) => ({
      ...{ name, locked, critical: false, state: on, transient_state: on, cycle_delay: null },
      physical_state: said(device, i, true, false),
    })),
  };
};

const shelly1: HttpDialect = (device, { path, query }) => {
  const { mac, relays } = device;
  if (path === "/shelly") return { body: { type: "SHSW-25", mac, auth: true, fw: "v1.14.0" } };
  const one = /^\/(settings\/)?relay\/(\d)$/.exec(path);
  const place = Number(one?.[2]);
  if (one && relays[place]) {
    const turn = query.get("turn");
    if (turn !== null) device.turn(place, turn === "on");
    const ison = said(device, place, true, false);
    return { body: { ...(one[1] && { name: relays[place].name }), ison, has_timer: false } };
  }
  if (path !== "/status") return NOT_FOUND;
  const meters = relays
    .filter(({ watts }) => watts !== undefined)
    .map(({ on, watts }) => ({ power: on ? watts : 0, is_valid: true, total: 1_050_000 }));
  return {
    body: {
      relays: relays.map((_, i) => ({ ison: said(device, i, true, false), has_timer: false })),
      ...{ mac, meters },
    },
  };
};

const shelly2: HttpDialect = (device, { path, query }) => {
  const { mac, relays } = device;
  if (path === "/shelly")
    return { body: { id: "shellypro4pm", mac, model: "SPSW-104PE16EU", gen: 2, ver: "1.4.2" } };
  const named = (make: (relay: MockRelay, place: number) => unknown) =>
    Object.fromEntries(relays.map((relay, i) => [`switch:${i}`, make(relay, i)]));
  if (path === "/rpc/Shelly.GetConfig") return { body: named(({ name }, id) => ({ id, name })) };
  if (path === "/rpc/Shelly.GetStatus") {
    const states = named(({ on, watts }, id) => ({
      ...{ id, source: "http", output: said(device, id, true, false) },
      ...(watts !== undefined && {
        apower: on ? watts : 0,
        current: on ? watts / 250 : 0,
        aenergy: { total: 17_500 },
      }),
    }));
    return { body: { ...states, sys: { mac } } };
  }
  if (path !== "/rpc/Switch.Set") return NOT_FOUND;
  const id = Number(query.get("id"));
  if (!relays[id]) return { status: 500, body: { code: -105, message: "not found" } };
  const was_on = relays[id].on;
  device.turn(id, query.get("on") === "true");
  return { body: { was_on } };
};

/** Its login stands in the query, and is looked at here. */
export function tasmota(user: string, password: string): HttpDialect {
  return (device, { path, query }) => {
    if (path !== "/cm") return NOT_FOUND;
    const letsIn =
      password === "" || (query.get("user") === user && query.get("password") === password);
    if (!letsIn) {
      const body = { WARNING: "Need user=<username>&password=<password>" };
      return { status: device.faults.older ? 200 : 401, body };
    }
    return { body: command(device, query.get("cmnd") ?? "") };
  };
}

function command(device: MockRelays, words: string): unknown {
  const { relays, mac, faults } = device;
  const key = (place: number) => (relays.length === 1 ? "POWER" : `POWER${place + 1}`);
  const state = (place: number) => said(device, place, "ON", "OFF");
  if (words === "Interlock") return faults.interlock ?? { Interlock: "OFF", Groups: "1,2" };
  const [, verb, number, value] = /^(PulseTime|Power)(\d+)(?: (\w+))?$/.exec(words) ?? [];
  const place = Number(number) - 1;
  if (verb === "PulseTime")
    return { [`PulseTime${number}`]: faults.pulse ?? { Set: 0, Remaining: 0 } };
  if (verb === "Power" && relays[place]) {
    device.turn(place, value === "on");
    return { [key(place)]: state(place) };
  }
  if (words !== "Status 0") return { Command: "Unknown" };
  const watts = relays.flatMap(({ on, watts: draws }) =>
    draws === undefined ? [] : on ? draws : 0,
  );
  const Power = watts.length === 1 ? watts[0] : watts;
  const Total = watts.length === 1 ? 17.5 : watts.map(() => 17.5);
  return {
    Status: { Module: 1, FriendlyName: relays.map(({ name }) => name), Power: 3 },
    StatusFWR: { Version: "14.2.0(release-tasmota)", Hardware: "ESP8266EX" },
    StatusNET: { Hostname: "tasmota-1234", Mac: mac },
    StatusSNS: {
      Time: "2026-11-22T10:00:00",
      ...(watts.length > 0 && { ENERGY: { Power, Total } }),
    },
    StatusSTS: { UptimeSec: 5, ...Object.fromEntries(relays.map((_, i) => [key(i), state(i)])) },
  };
}

/** Families by the driver that speaks to them. */
export const HTTP_DIALECTS = { netio, gude, dli, shelly1, shelly2 } as const;
