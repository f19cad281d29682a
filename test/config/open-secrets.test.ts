import { expect, test } from "vitest";
import { openSecrets } from "../../src/config/open-secrets.ts";
import type { OptionSpecs } from "../../src/sdk/options.ts";

const SPECS: OptionSpecs = {
  command: { kind: "list", summary: "words" },
  init: { kind: "list", summary: "commands" },
  password: { kind: "secret", summary: "named" },
  port: { kind: "integer", summary: "number" },
};

const behind = (command: readonly string[]) =>
  openSecrets(SPECS, { command }).map((one) => one.behind);

test.each<[string, string]>([
  ["ipmitool -I lanplus -H bmc1 -U admin -P hunter2 sol activate", "-P"],
  ["/usr/bin/ipmitool -H bmc1 -Phunter2 sol activate", "-P"],
  ["sshpass -p hunter2 ssh root@ts1", "-p"],
  ["snmpset -v3 -u oob -A hunter22 pdu1", "-A"],
  ["curl -u admin:1234 http://pdu/outlet?1=OFF", "-u"],
  ["curl http://admin:1234@pdu/outlet?1=OFF", "://"],
  ["relayctl --password hunter2 off 3", "--password"],
  ["relayctl --token=abc off 3", "--token"],
  ["env PDU_PASSWORD=hunter2 relayctl off 3", "PDU_PASSWORD="],
  ["curl http://pdu/cm?user=a&password=b&cmnd=x", "password="],
])("openSecrets() finds what is written out in %j", (text, word) => {
  expect(behind([text])).toEqual([word]);
  expect(behind(text.split(" "))).toEqual([word]);
});

test.each([
  "ipmitool -I lanplus -H bmc1 -U admin -f /etc/oob/bmc1 sol activate",
  "ssh -p 2222 -P root@ts1",
  "virsh console web1",
  "sshpass -f /etc/oob/ts1 ssh root@ts1",
  "relayctl --password-file /etc/oob/relay off 3",
  "relayctl --password $PASSWORD off",
  "relayctl --token --off 3",
  "socat - tcp:ts1:7003",
  "curl --netrc-file /etc/oob/netrc http://pdu:8080/outlet?1=OFF",
  "passwd-tool status",
])("openSecrets() says nothing of %j", (text) => {
  expect(behind([text])).toEqual([]);
});

test("openSecrets() knows the PIN of a SIM among a modem's commands, and looks at no named secret", () => {
  expect(openSecrets(SPECS, { init: ["ATZ", 'AT+CPIN="1234"'] })).toEqual([
    { option: "init", behind: "+CPIN=" },
  ]);
  const harmless = { init: ["ATZ", "AT+CPIN?"], password: { secret: "password=x" }, port: 1 };
  expect(openSecrets(SPECS, harmless)).toEqual([]);
});
