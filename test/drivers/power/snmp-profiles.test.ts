import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { shippedProfiles } from "../../core/snmp/shipped-profiles.ts";

const profiles = await shippedProfiles();

// Written from the vendors' MIBs a second time, apart from the profiles: state column and its values for on and off,
// then what is written to switch on and off; "-" where nothing may be. Enterprises are below 1.3.6.1.4.1. No two
// families agree by rule, and a state value is never a command value by rule.
const MIBS = `
apc-ms 318.1.1.4.4.2.1.3 1 2 318.1.1.4.4.2.1.3=1 318.1.1.4.4.2.1.3=2
apc-msp 318.1.1.6.7.1.1.5 1 2 - -
apc-rpdu 318.1.1.12.3.5.1.1.4 1 2 318.1.1.12.3.3.1.1.4=1 318.1.1.12.3.3.1.1.4=2
apc-rpdu2 318.1.1.26.9.2.3.1.5 2 1 318.1.1.26.9.2.4.1.5=1 318.1.1.26.9.2.4.1.5=2
apc-easy 318.1.1.30.6.1.1.4 2 1 318.1.1.30.6.2.1.4=1 318.1.1.30.6.2.1.4=2
apc-cpdu 318.1.1.32.5.4.1.4 1 0 318.1.1.32.5.5.1.4=2 318.1.1.32.5.5.1.4=1
raritan-px2 13742.6.4.1.2.1.3 7 8 13742.6.4.1.2.1.2=1 13742.6.4.1.2.1.2=0
raritan-px1 13742.4.1.2.2.1.3 1 0 - -
sentry3 1718.3.2.3.1.5 1 0 1718.3.2.3.1.11=1 1718.3.2.3.1.11=2
sentry4 1718.4.1.8.3.1.1 1 2 1718.4.1.8.5.1.2=1 1718.4.1.8.5.1.2=2
eaton-g2g3 534.6.6.7.6.6.1.2 1 0 534.6.6.7.6.6.1.4=0 534.6.6.7.6.6.1.3=0
eaton-revelation 534.6.6.6.1.2.2.1.3 1 0 534.6.6.6.1.2.2.1.3=1 534.6.6.6.1.2.2.1.3=0
eaton-pulizzi 20677.2.6.3 1 2 20677.2.6.2.{n+1}.0=1 20677.2.6.2.{n+1}.0=2
eaton-nlogic 534.7.1.5.2.1.1 2 1 534.7.1.5.2.1.10=2 534.7.1.5.2.1.10=1
hpe-g2 232.165.7.5.2.1.1 2 1 232.165.7.5.2.1.3=0 232.165.7.5.2.1.2=0
hpe-g2a 232.165.11.5.2.1.1 2 1 232.165.11.5.2.1.3=0 232.165.11.5.2.1.2=0
hpe-ipdu 232.165.5.2.1.1.2 on off - -
vertiv-v5 21239.5.2.3.5.1.4 1 2 21239.5.2.3.5.1.6=2 21239.5.2.3.5.1.6=4
geist-v3 21239.2.16.1.3 1 0 21239.2.16.1.3=1 21239.2.16.1.3=3
liebert-mph 476.1.42.3.8.50.20.1.95 2 1 476.1.42.3.8.50.20.1.100=1 476.1.42.3.8.50.20.1.100=0
avocent-pm 10418.17.2.5.5.1.5 2,4,10 1,3 10418.17.2.5.5.1.6=2 10418.17.2.5.5.1.6=3
cyberpower-epdu 3808.1.1.3.3.5.1.1.4 1 2 3808.1.1.3.3.3.1.1.4=1 3808.1.1.3.3.3.1.1.4=2
cyberpower-epdu2 3808.1.1.6.6.1.4.1.5 1 2 3808.1.1.6.6.1.5.1.5=1 3808.1.1.6.6.1.5.1.5=2
tripplite-lx 850.1.1.3.2.3.3.1.1.4 2 1 850.1.1.3.2.3.3.1.1.6=2 850.1.1.3.2.3.3.1.1.6=1
tripplite-lx-ats 850.1.1.3.4.3.3.1.1.4 2 1 850.1.1.3.4.3.3.1.1.6=2 850.1.1.3.4.3.3.1.1.6=1
tripplite-12x 850.100.1.10.2.1.2 2 1 - -
rittal-cmc3 2606.7.4.2.2.1.11#.Status 11 10 2606.7.4.2.2.1.11=1 2606.7.4.2.2.1.11=0
rittal-cmc-tc 2606.4.2.{0}.6.2.1.4 6 5 2606.4.2.{0}.6.2.1.6=2 2606.4.2.{0}.6.2.1.6=1
baytech 4779.1.3.5.3.1.3 1,3 0,4 4779.1.3.5.3.1.3=1 4779.1.3.5.3.1.3=0
gude 28507.*.1.3.1.2.1.3 1 0 28507.*.1.3.1.2.1.3=1 28507.*.1.3.1.2.1.3=0
netio 47952.1.1.1.3 1 0 47952.1.1.1.5=1 47952.1.1.1.5=0
aten-pe 21317.1.3.2.2.2.2 2 1 21317.1.3.2.2.2.2=2 21317.1.3.2.2.2.2=1
aten-pe2 21317.1.3.2.3.2.3.3.1.1 2 1 21317.1.3.2.3.2.3.3.1.1=2 21317.1.3.2.3.2.3.3.1.1=1
dell-rpdu 674.10903.200.2.200.130.1.2.1.4 1 2 674.10903.200.2.200.130.1.4.1.4=1 674.10903.200.2.200.130.1.4.1.4=2
ibm-pdu 2.6.223.8.2.2.1.13 1 0 - -
panduit-g5 19536.10.1.5.2.1.1 2 1 19536.10.1.5.2.1.10=2 19536.10.1.5.2.1.10=1
enlogic 38446.1.5.4.1.4 1 0 38446.1.5.5.1.4=2 38446.1.5.5.1.4=1
schleifenbauer *.12.1.1.2.7.3.1.2 1 0 *.12.1.1.2.7.3.1.2=1 *.12.1.1.2.7.3.1.2=0
bachmann 31770.2.2.6.5.1.12 1 2 - -
chatsworth 30932.1.10.1.4.10.1.11 1 0 30932.1.10.1.4.10.1.11=1 30932.1.10.1.4.10.1.11=0
digipower 17420.1.2.9.1.13.0 1 0 17420.1.2.9.1.13.0=1 17420.1.2.9.1.13.0=0
planet-ipm 10456.3.3.3.1.4 1 0 10456.3.3.3.1.5=1 10456.3.3.3.1.5=2
iboot-pdu 1418.6.5.1.7 1 0 1418.6.5.1.5=1 1418.6.5.1.5=0
wti 2634.3.100.200.1.3 1 0 2634.3.100.200.1.4=5 2634.3.100.200.1.4=6
ipoman 2468.1.4.2.1.3.2.3.1.2 3 2 2468.1.4.2.1.3.2.4.1.2=3 2468.1.4.2.1.3.2.4.1.2=4
ict 39145.10.8.1.5 1 2 39145.10.8.1.5=1 39145.10.8.1.5=2
netping 25728.5500.5.1.15 1 0 25728.5500.5.1.2=1 25728.5500.5.1.2=0
powertek 42610.1.4.4.1.6.2.{0}.2.1.2 2 1 - -
riedo-updu 55108.1.4.1.1.4 1 0 55108.1.4.1.1.3=1 55108.1.4.1.1.3=0
synaccess 21728.4.5.1.1.7 1 0 21728.4.5.1.1.7=1 21728.4.5.1.1.7=0
teltronix 23620.1.2.2.1.4 2 1 23620.1.2.2.1.4=2 23620.1.2.2.1.4=1
racktivity 34097.9.80.1.1.8 1,3,5,7,9,11,13,15,17,19,21,23 0,2,4,6 - -
poe-switch 1.3.6.1.2.1.105.1.1.1.3 1 2 1.3.6.1.2.1.105.1.1.1.3=1 1.3.6.1.2.1.105.1.1.1.3=2
`;
const rows = MIBS.trim()
  .split("\n")
  .map((row) => row.split(" "));

test("every profile is in the table", () => {
  expect(new Set(rows.map(([name]) => name))).toEqual(new Set(profiles.keys()));
});

const withoutEnterprises = (oid: string) => oid.replace(/^1\.3\.6\.1\.4\.1\./, "");

test.each(rows)("%s reads and writes the objects and values of its MIB", (name, ...wanted) => {
  const profile = profiles.get(name ?? "");
  const { read, write } = profile ?? {};
  const written = [write?.on, write?.off].map((one) =>
    one ? `${withoutEnterprises(one.oid)}=${one.value}` : "-",
  );
  expect([
    withoutEnterprises(read?.oid ?? ""),
    String(read?.on),
    String(read?.off),
    ...written,
  ]).toEqual(wanted);
});

// Written from the MIBs a second time, too: what is sent once a person has proven it.
const IN_DOUBT = `
apc-msp 318.1.1.6.5.1.1.5=1 318.1.1.6.5.1.1.5=3
raritan-px1 13742.4.1.2.2.1.3=1 13742.4.1.2.2.1.3=0
tripplite-12x 850.100.1.10.2.1.4=2 850.100.1.10.2.1.4=1
ibm-pdu 2.6.223.8.2.2.1.13=1 2.6.223.8.2.2.1.13=0
bachmann 31770.2.2.6.5.1.12=1 31770.2.2.6.5.1.12=2
racktivity 34097.9.80.1.1.10035=1 34097.9.80.1.1.10035=0
powertek 42610.1.4.4.1.6.2.{0}.4.1.2=2 42610.1.4.4.1.6.2.{0}.4.1.2=4
`;
test("what a proof lifts is what the MIBs say, and only of families that are read only", () => {
  const found = [...profiles].flatMap(([name, { unproven, write }]) =>
    unproven && !write
      ? [
          [
            name,
            ...[unproven.on, unproven.off].map((w) => `${withoutEnterprises(w.oid)}=${w.value}`),
          ].join(" "),
        ]
      : [],
  );
  expect(found.sort()).toEqual(IN_DOUBT.trim().split("\n").sort());
});

test.each([...profiles])("%s says why, where it could be switched and is not", (_, profile) => {
  expect(profile.write === undefined).toBe(profile.readOnlyBecause !== undefined);
});

test("who cycles a lifeline has a cycle, and keeps its time: by two sources each", () => {
  const alone = [...profiles].filter(([, profile]) => profile.cyclesAlone);
  expect(alone.map(([name]) => name).sort()).toEqual([
    ...["apc-rpdu", "apc-rpdu2", "cyberpower-epdu", "eaton-pulizzi", "raritan-px2"],
  ]);
  for (const [name, { write, delays }] of alone)
    expect([name, write?.cycle !== undefined, delays?.cycle !== undefined]).toEqual([
      ...[name, true, true],
    ]);
});

const guide = readFileSync(new URL("../../../docs/guides/power.md", import.meta.url), "utf8");

test.each([...profiles])("%s has its row in the guide", (name, profile) => {
  const row = guide.split("\n").find((line) => line.startsWith(`| \`${name}\` |`));
  const { write, readOnlyBecause, summary, index, settle } = profile;
  const switches = write ? `on, off${write.cycle ? ", cycle" : ""}` : `**no**: ${readOnlyBecause}`;
  const cells = [
    summary.replace(", read only", ""),
    `${settle / 1000}s`,
    index.join("."),
    switches,
  ];
  expect(row).toContain(`| \`${name}\` | ${cells.join(" | ")} | `);
});
