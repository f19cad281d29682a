import { afterEach, describe, expect, it } from "vitest";
import ipmiSol from "../../../drivers/console/ipmi-sol.ts";
import { readOptions } from "../../../src/config/option-values.ts";
import { latin1 } from "../../../src/lib/bytes.ts";
import type { Link } from "../../../src/sdk/link.ts";
import { LinkReader } from "../../e2e/rig/link-reader.ts";
import { FakeIpmitool } from "./fake-ipmitool.ts";
import { failureOf, openContext } from "./socket-suite.ts";

const links: Link[] = [];
afterEach(async () => {
  for (const link of links.splice(0)) await link.close();
});

async function open(tool: FakeIpmitool, more: Record<string, unknown> = {}): Promise<LinkReader> {
  const { values, problems } = readOptions(ipmiSol.options, {
    ...{ host: "bmc7", user: "jana", password: "secret:bmc7", tool: tool.path },
    ...more,
  });
  expect(problems).toEqual([]);
  const context = openContext({ secret: ({ secret }) => Promise.resolve(`${secret}'s p$w`) });
  const link = await ipmiSol.open(values, context);
  links.push(link);
  return new LinkReader(link);
}

describe("console driver ipmi-sol", () => {
  it("opens a session with the words asked for, and the password in the environment alone", async () => {
    const tool = new FakeIpmitool();
    await open(tool, { port: 6230, "cipher-suite": 3, privilege: "operator" });
    const [activate] = tool.calls.split("\n");
    expect(activate).toBe("-v -I lanplus -H bmc7 -p 6230 -U jana -E -L OPERATOR -C 3 sol activate");
    expect(new Set(tool.passwords.trim().split("\n"))).toEqual(new Set(["bmc7's p$w"]));
    expect(tool.calls).not.toContain("p$w");
  });

  it("gives the host's bytes from the first one, without what ipmitool says itself", async () => {
    const tool = new FakeIpmitool();
    tool.say("first", "login: ");
    const reader = await open(tool);
    await reader.link.write(latin1("\r~x"));
    await reader.until("<\r~~x>");
    await reader.link.write(latin1("\r"));
    await reader.until("<\r>");
    await reader.link.sendBreak?.(250);
    await reader.until("<BREAK>");
    expect(reader.text).toBe("login: <\r~~x><\r><BREAK>");
  });

  it("sendBreak() in the middle of a line is refused, and nothing is typed for it", async () => {
    const reader = await open(new FakeIpmitool());
    await reader.link.write(latin1("rm -rf"));
    await reader.until("<rm -rf>");
    const failure = await failureOf(reader.link.sendBreak?.(250) ?? Promise.resolve());
    expect(failure.code).toBe("LINK_UNSUPPORTED");
    expect(reader.text).toBe("<rm -rf>");
  });

  it("a busy console is PORT_BUSY, and is taken over only where asked", async () => {
    const tool = new FakeIpmitool();
    tool.say("refuses", "Info: SOL payload already active on another session\n");
    expect(await failureOf(open(tool))).toMatchObject({
      code: "PORT_BUSY",
      message: "Cannot open bmc7 sol: another session has the console",
    });
    expect(tool.calls).not.toContain("deactivate");
    await open(tool, { take: true });
    expect(tool.calls).toContain("sol deactivate");
  });

  it.each([
    ["> RAKP 2 HMAC is invalid\nError: Unable to establish", "LOGIN_REFUSED", "wrong password"],
    ["Info: SOL payload disabled\n", "LINK_REFUSED", "serial over LAN is switched off"],
    ["Error: Unable to establish IPMI v2 / RMCP+ session\n", "LINK_REFUSED", "does not answer"],
    ["Segmentation \x1b[2Jfault\n", "LINK_REFUSED", 'ipmitool says "Segmentation ^[[2Jfault"'],
  ] as const)("%j is %s", async (said, code, message) => {
    const tool = new FakeIpmitool();
    tool.say("refuses", said);
    expect(await failureOf(open(tool))).toMatchObject({
      code,
      message: expect.stringContaining(message),
      hint: expect.any(String),
    });
  });

  it("a session that the BMC gave to another one is lost, one that lives is let alone", async () => {
    const tool = new FakeIpmitool();
    const reader = await open(tool, { "check-every": "200ms" });
    const looks = () => tool.calls.split("\n").filter((call) => call.includes("0x4b")).length;
    await expect.poll(looks, { timeout: 10_000 }).toBeGreaterThan(3);
    tool.say("owner", "");
    const before = looks();
    await expect.poll(looks, { timeout: 10_000 }).toBeGreaterThan(before + 3);
    await reader.link.write(latin1("alive"));
    await reader.until("<alive>");
    tool.say("owner", " 09 09 00 00 01 00 00 00 00 00 00 00\n");
    expect(await reader.ended).toMatchObject({
      code: "LINK_LOST",
      message: "Lost bmc7 sol: another session has taken the console",
    });
  });

  it("says what ipmitool said when it ended by itself", async () => {
    const reader = await open(new FakeIpmitool());
    await reader.link.write(latin1("die"));
    expect(await reader.ended).toMatchObject({
      code: "LINK_LOST",
      message: 'Lost bmc7 sol: ipmitool says "SOL session closed by BMC"',
    });
  });

  it("a BMC that does not tell who has the console is noted, and never re-activated", async () => {
    const tool = new FakeIpmitool();
    tool.say("owner", "");
    const { link } = await open(tool, { "check-every": "50ms" });
    const notes: unknown[] = [];
    link.onNotice?.((notice) => notes.push(notice));
    expect(notes).toEqual([
      { is: "note", text: "this BMC does not tell whether the session lives" },
    ]);
  });

  it("check() refuses names that look like options", () => {
    expect(ipmiSol.check?.({ host: "-oProxy", user: "jana" })).toMatchObject([{ option: "host" }]);
    expect(ipmiSol.check?.({ host: "bmc7", user: "jana" })).toEqual([]);
  });
});
