import { splitWords } from "oob/codec/shell-words";
import {
  type Alert,
  alertHead,
  alertLines,
  defineNotify,
  durationOf,
  OobError,
  type OptionFault,
  type OptionValues,
  printable,
  runCommand,
  seconds,
} from "oob/sdk";

export default defineNotify({
  summary: "A program of yours: the text on its stdin, the rest in its environment, no shell",
  sources: [
    "POSIX.1-2017 execve(): arguments as they are; nothing of an alert becomes one",
    "sysexits.h: 0 is success, anything else is tried again",
  ],
  options: {
    command: {
      kind: "list",
      required: true,
      summary:
        "program and arguments; one text is split into words as a shell would, and nothing is expanded",
    },
    timeout: {
      ...{ kind: "duration", default: "30s", min: 100, max: seconds(80) },
      summary: "how long it may run; then it is killed with all that it started",
    },
  },
  check: faultsOf,
  async send(alert, options, { clock, signal }) {
    const words = wordsOf(options);
    const { status, err } = await runCommand(words, {
      ...{ clock, signal },
      timeout: durationOf(options, "timeout", seconds(30)),
      env: environmentOf(alert),
      // A siren that it leaves running is no failure, which would be tried again and again.
      untilExit: true,
      input: `${[alertHead(alert), "", ...alertLines(alert)].join("\n")}\n`,
    });
    const name = printable(words[0] ?? "", 100);
    if (status === 0) return `"${name}" ended with 0`;
    const said = printable(err.trim().split("\n").at(-1) ?? "", 200);
    throw new OobError(
      "NOTIFY_FAILED",
      `Cannot send by "${name}": it ended with ${status}${said === "" ? "" : `, "${said}"`}`,
      { hint: "Run it by hand with some text on its stdin" },
    );
  },
});

function wordsOf({ command }: OptionValues): readonly string[] {
  const given = Array.isArray(command) ? command.map(String) : [];
  return given.length === 1 ? splitWords(given[0] ?? "") : given;
}

function faultsOf(options: OptionValues): readonly OptionFault[] {
  try {
    const words = wordsOf(options);
    if (words.length > 0 && words[0] !== "" && !words.some((word) => word.includes("\0")))
      return [];
    return [{ option: "command", message: "it is empty, or holds a NUL" }];
  } catch (thrown) {
    if (!(thrown instanceof OobError)) throw thrown;
    return [{ option: "command", message: thrown.message }];
  }
}

function environmentOf(alert: Alert): Record<string, string> {
  const { key, thread, phase, severity, site, host, incident, at, title } = alert;
  return {
    OOB_KEY: key,
    OOB_THREAD: thread,
    OOB_FIRST: alert.first ? "yes" : "no",
    OOB_PHASE: phase,
    OOB_SEVERITY: severity,
    OOB_SITE: site,
    OOB_HOST: host ?? "",
    OOB_INCIDENT: incident === undefined ? "" : String(incident),
    OOB_AT: new Date(at).toISOString(),
    OOB_TITLE: title,
  };
}
