import { latin1 } from "../../lib/bytes.ts";
import { printable } from "../../lib/printable.ts";
import { addressText } from "../network/connect-socket.ts";
import type { ConserverAddress, ConserverTalk } from "./conserver-talk.ts";

/** Servers that may refer to one another before we stop. */
const MAX_REFERRALS = 8;
const MAX_SHOWN = 120;
const ONE_MASTER =
  "In conserver.cf, master has to name one server for each console, by a name that leads to it";
const NO_CONSOLE = "Consoles are listed by: console -x";

/** Asks one master after another for the process that has the console. */
export async function findGroup(
  first: ConserverAddress,
  name: string,
  login: (address: ConserverAddress) => Promise<ConserverTalk>,
): Promise<ConserverAddress> {
  const asked: string[] = [];
  for (let at = first; ; ) {
    const talk = await login(at);
    const text = addressText(at);
    const circle = asked.includes(text);
    asked.push(text);
    if (circle || asked.length > MAX_REFERRALS) {
      talk.close();
      const way = asked.join(" → ");
      const what = circle ? "in a circle" : "too far";
      throw talk.refusal(`it refers ${what} for "${name}": ${printable(way, 400)}`, ONE_MASTER);
    }
    const answer = await talk.ask(`call ${name}`);
    talk.send(latin1("exit\r\n"));
    talk.close();
    const [, port, host] = /^(\d{1,5})?(?:@([\w.:-]{1,255}))?$/.exec(answer) ?? [];
    if (port !== undefined) return { host: host ?? at.host, port: Number(port) };
    if (host === undefined)
      throw talk.refusal(`it says of "${name}": ${printable(answer, MAX_SHOWN)}`, NO_CONSOLE);
    at = { host, port: first.port };
  }
}
