import { MAIL_ADDRESS, type Mail } from "../../codec/mail.ts";
import type { OptionFault, OptionSpecs, OptionValues } from "../options.ts";
import { textOf } from "../options.ts";
import { type Alert, alertHead, alertLines } from "./alert.ts";

/** Options of a channel that sends mail. */
export const MAIL_OPTIONS: OptionSpecs = {
  from: { kind: "text", required: true, summary: "sender, as oob@example.org" },
  to: { kind: "list", required: true, summary: "who gets it" },
};

/** Who gets mail. */
export const recipientsOf = ({ to }: OptionValues): readonly string[] =>
  Array.isArray(to) ? to.map(String) : [];

/** What is wrong with the addresses: nothing that could be an option of a program, or a second header. */
export function mailFaults(options: OptionValues): readonly OptionFault[] {
  const faults: OptionFault[] = [];
  const from = textOf(options, "from");
  const to = recipientsOf(options);
  const look = (option: string, address: string) => {
    if (!MAIL_ADDRESS.test(address))
      faults.push({
        option,
        message: `"${address.slice(0, 80)}" is no plain mail address`,
        hint: "As jana@example.org, without a name",
      });
  };
  look("from", from);
  if (to.length === 0) faults.push({ option: "to", message: "nobody would get it" });
  for (const address of to) look("to", address);
  return faults;
}

/** An alert as a mail. All mails of an incident answer the same one, whichever of them came first. */
export function alertMail(alert: Alert, options: OptionValues): Mail {
  const from = textOf(options, "from");
  const domain = from.slice(from.lastIndexOf("@") + 1);
  const { incident, host, key, severity, phase } = alert;
  const root = `oob.${alert.thread}@${domain}`;
  const called = incident === undefined ? "" : ` (incident ${incident})`;
  return {
    from,
    to: recipientsOf(options),
    subject: `${alertHead(alert)}${called}`,
    at: alert.at,
    id: alert.first ? root : `oob.${key}@${domain}`,
    ...(alert.first ? {} : { inReplyTo: root }),
    headers: {
      "X-Oob-Key": key,
      "X-Oob-Severity": phase === "open" ? severity : phase,
      ...(host !== undefined && { "X-Oob-Host": host }),
      ...(incident !== undefined && { "X-Oob-Incident": String(incident) }),
    },
    lines: alertLines(alert),
  };
}
