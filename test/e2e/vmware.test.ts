import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import vmware from "../../drivers/console/vmware.ts";
import { VmwareVm } from "../../mocks/vmware-vm.ts";
import { utf8 } from "../../src/lib/bytes.ts";
import { failureOf, openContext } from "../drivers/console/socket-suite.ts";
import { LinkReader } from "./rig/link-reader.ts";
import { freePort } from "./rig/machine.ts";

const folder = mkdtempSync(join(tmpdir(), "oob-vmware-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("TLS with a certificate made by openssl: bytes both ways", async () => {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const request = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "2",
    "-subj",
    "/CN=oob",
  ];
  execFileSync("openssl", [...request, "-keyout", key, "-out", cert], { stdio: "ignore" });
  const port = await freePort();
  const options = { listen: `127.0.0.1:${port}`, name: "web1", "tls-cert": cert, "tls-key": key };
  const opening = vmware.open(options, openContext());
  let vm = new VmwareVm(port, { name: "web1", tls: true });
  while (vm.heard.length === 0) {
    await vm.until(() => vm.isClosed || vm.heard.length > 0);
    if (vm.isClosed) vm = new VmwareVm(port, { name: "web1", tls: true });
  }
  const link = await opening;
  const reader = new LinkReader(link);
  vm.print(utf8("login: "));
  await reader.until("login: ");
  await link.write(utf8("jana\r"));
  await vm.until(() => vm.typed === "jana\r");
  await vm.close();
  expect(await reader.ended).toMatchObject({ code: "LINK_LOST" });
  await link.close();
});

test("a certificate that is none is said so", async () => {
  const options = {
    ...{ listen: `127.0.0.1:${await freePort()}`, name: "web1" },
    ...{ "tls-cert": "/etc/hostname", "tls-key": "/etc/hostname" },
  };
  const failure = await failureOf(vmware.open(options, openContext()));
  expect(failure).toMatchObject({
    code: "LINK_REFUSED",
    message: expect.stringContaining("certificate or key"),
    hint: expect.stringContaining("tls-cert"),
  });
});
