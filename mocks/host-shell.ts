/** What a command line led to. */
export interface ShellOutcome {
  readonly output: string;
  readonly status: number;
  readonly next?: "exit" | "reboot" | "poweroff" | "panic" | "hang";
}

/** Facts that commands show. */
export interface ShellFacts {
  readonly name: string;
  readonly commandLine: string;
  readonly uptimeSeconds: number;
  /** In single-user mode: systemd's rescue.target. */
  readonly single: boolean;
}

/**
 * Runs a command line as a very small shell: `;` lists, quotes that join, `$?`, `$(…)`, `sh -c`. Enough for what
 * runbooks type, and a real "not found" for the rest.
 */
export function runShell(line: string, facts: ShellFacts): ShellOutcome {
  let status = 0;
  let output = "";
  for (const part of splitList(line)) {
    const words = splitWords(part, status, facts);
    if (words[0] === "&&" && (status !== 0 || words.shift() === undefined)) continue;
    if (words.length === 0) continue;
    const outcome = runCommand(words, facts);
    output += outcome.output;
    status = outcome.status;
    if (outcome.next) return { output, status, next: outcome.next };
  }
  return { output, status };
}

const splitList = (line: string): string[] =>
  line.replaceAll(" && ", " ; && ").match(/(?:\\.|'[^']*'|"[^"]*"|[^;\n'"\\])+/g) ?? [];

/** `$?` and `$(…)`, as double quotes and bare words have them. */
function expand(text: string, status: number, facts: ShellFacts): string {
  return text
    .replaceAll("$?", String(status))
    .replaceAll("$PPID", "412")
    .replace(/\$\(([^()]*)\)/g, (_, line: string) => runShell(line, facts).output.trimEnd());
}

function splitWords(part: string, status: number, facts: ShellFacts): string[] {
  const words: string[] = [];
  const pattern = /(?:\\.|'[^']*'|"[^"]*"|[^\s'"\\])+/g;
  for (const [raw] of part.matchAll(pattern)) {
    // ": | sh -c …" gives a command an empty input: there is none to give here.
    if (raw === ":" || raw === "|") continue;
    let word = "";
    const pieces = raw.matchAll(/\\(.)|'([^']*)'|"([^"]*)"|([^'"\\]+)/g);
    for (const [, escaped, single, double, bare] of pieces) {
      word += escaped ?? single ?? expand(double ?? bare ?? "", status, facts);
    }
    words.push(word);
  }
  return words;
}

type Command = (words: readonly string[], facts: ShellFacts) => ShellOutcome;

const says = (output: string, status = 0): ShellOutcome => ({ output, status });

const COMMANDS: Readonly<Record<string, Command>> = {
  echo: (words, facts) => {
    if (words.slice(-2).join(" ") === "> /proc/sysrq-trigger" && words[1] === "c") {
      return { output: "", status: 0, next: "panic" };
    }
    return says(`${words.slice(1).join(" ").replaceAll("$HOSTNAME", facts.name)}\n`);
  },
  id: (words) => says(words[1] === "-u" ? "0\n" : "uid=0(root) gid=0(root) groups=0(root)\n"),
  hostname: (_, facts) => says(`${facts.name}\n`),
  uname: (words, facts) => {
    const [, flag] = words;
    if (flag === undefined || flag === "-s") return says("Linux\n");
    if (flag === "-n") return says(`${facts.name}\n`);
    if (flag === "-r") return says("6.1.0-56-amd64\n");
    return says(`Linux ${facts.name} 6.1.0-56-amd64 #1 SMP x86_64 GNU/Linux\n`);
  },
  cat: (words, facts) =>
    words[1] === "/proc/cmdline"
      ? says(`BOOT_IMAGE=/boot/vmlinuz-6.1.0-56-amd64 ${facts.commandLine}\n`)
      : says(`cat: ${words[1] ?? ""}: No such file or directory\n`, 1),
  sh: (words, facts) => runShell(words[2] ?? "", facts),
  test: (words) => says("", (words[1] === words[3]) === (words[2] === "=") ? 0 : 1),
  // grep -qF -- TEXT /proc/cmdline
  grep: (words, facts) => says("", facts.commandLine.includes(words[3] ?? "") ? 0 : 1),
  systemctl: (words, facts) =>
    words[1] === "default"
      ? { output: "", status: 0, next: "exit" }
      : says("", (words[3] === "rescue.target") === facts.single ? 0 : 3),
  who: (_, facts) => says(`         run-level ${facts.single ? 1 : 5}  2026-11-22 10:15\n`),
  uptime: (_, facts) => says(` up ${Math.floor(facts.uptimeSeconds)} seconds\n`),
  stty: () => says(""),
  true: () => says(""),
  false: () => says("", 1),
  exit: () => ({ output: "", status: 0, next: "exit" }),
  logout: () => ({ output: "", status: 0, next: "exit" }),
  reboot: () => ({ output: "", status: 0, next: "reboot" }),
  poweroff: () => ({ output: "", status: 0, next: "poweroff" }),
  // Not a command of any system: stops the simulated processor without a word.
  "mock-hang": () => ({ output: "", status: 0, next: "hang" }),
};

function runCommand(words: readonly string[], facts: ShellFacts): ShellOutcome {
  const name = words[0] ?? "";
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  return command ? command(words, facts) : says(`sh: ${name}: not found\n`, 127);
}
