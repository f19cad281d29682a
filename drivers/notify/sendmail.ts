import { mailText } from "oob/codec/mail";
import {
  alertMail,
  defineNotify,
  durationOf,
  MAIL_OPTIONS,
  mailFaults,
  OobError,
  printable,
  recipientsOf,
  runCommand,
  seconds,
  textOf,
} from "oob/sdk";

const SENDMAIL = "/usr/sbin/sendmail";

export default defineNotify({
  summary: "Mail by the sendmail program of this machine: postfix, exim, msmtp and others have one",
  sources: [
    "sendmail(8) of postfix, exim4 and msmtp: -i, -f, recipients behind --; 0 is success",
    "sysexits.h (what other ends mean)",
  ],
  options: {
    program: { kind: "text", default: SENDMAIL, summary: "its path" },
    timeout: {
      ...{ kind: "duration", default: "45s", min: 1000, max: seconds(80) },
      summary: "how long it may take",
    },
    ...MAIL_OPTIONS,
  },
  check: (options) => [
    ...mailFaults(options),
    ...(/^\/[^\0]*$/.test(textOf(options, "program") || SENDMAIL)
      ? []
      : [{ option: "program", message: "expected an absolute path" }]),
  ],
  // It waits in this machine's own queue for as long as the network is down.
  isBlind: () => true,
  async send(alert, options, { clock, signal }) {
    const program = textOf(options, "program") || SENDMAIL;
    const mail = alertMail(alert, options);
    const words = [program, "-i", "-f", mail.from, "--", ...recipientsOf(options)];
    const { status, err } = await runCommand(words, {
      ...{ clock, signal },
      timeout: durationOf(options, "timeout", seconds(45)),
      // Some deliver in the background, with our outputs still open.
      untilExit: true,
      // Programs of this name take lines as Unix has them.
      input: mailText(mail).replaceAll("\r\n", "\n"),
    });
    if (status === 0) return "sendmail took it";
    const said = printable(err.trim().split("\n").at(-1) ?? "", 200);
    throw new OobError(
      "NOTIFY_FAILED",
      `Cannot send mail by "${program}": it ended with ${status}${said === "" ? "" : `, "${said}"`}`,
      { hint: "Try it by hand, and look at the mail system's own log" },
    );
  },
});
