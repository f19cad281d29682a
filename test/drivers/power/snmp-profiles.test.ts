import { expect, test } from "vitest";
import { shippedProfiles } from "../../core/snmp/shipped-profiles.ts";

const profiles = await shippedProfiles();

// Written from the vendors' MIBs a second time, apart from the profiles: state column and its values, then what is
// written to switch on and off. No two families agree, and a state value is never a command value by rule.
test.each([
  [
    "apc-rpdu2",
    "318.1.1.26.9.2.3.1.5",
    [2],
    [1],
    "318.1.1.26.9.2.4.1.5=1",
    "318.1.1.26.9.2.4.1.5=2",
  ],
  [
    "apc-rpdu",
    "318.1.1.12.3.5.1.1.4",
    [1],
    [2],
    "318.1.1.12.3.3.1.1.4=1",
    "318.1.1.12.3.3.1.1.4=2",
  ],
  ["raritan-px2", "13742.6.4.1.2.1.3", [7], [8], "13742.6.4.1.2.1.2=1", "13742.6.4.1.2.1.2=0"],
  ["sentry3", "1718.3.2.3.1.5", [1], [0], "1718.3.2.3.1.11=1", "1718.3.2.3.1.11=2"],
  ["eaton-g2g3", "534.6.6.7.6.6.1.2", [1], [0], "534.6.6.7.6.6.1.4=0", "534.6.6.7.6.6.1.3=0"],
] as const)(
  "%s reads and writes the objects and values of its MIB",
  (name, column, on, off, turnOn, turnOff) => {
    const profile = profiles.get(name);
    expect(profile?.read).toMatchObject({ oid: `1.3.6.1.4.1.${column}`, on, off });
    const written = (["on", "off"] as const).map((verb) => {
      const write = profile?.write?.[verb];
      return `${write?.oid.replace("1.3.6.1.4.1.", "")}=${write?.value}`;
    });
    expect(written).toEqual([turnOn, turnOff]);
  },
);
