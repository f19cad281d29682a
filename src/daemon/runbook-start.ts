const SDK = "oob/sdk";

/** What `oob runbook new` writes: it loads, it runs, and it changes nothing. */
export const RUNBOOK_START = `import { defineRunbook, numberOf, OobError, seconds } from "${SDK}";

export default defineRunbook({
  title: "NAME",
  summary: "Says what it finds out, and how",
  // read: only looks; type: changes something; disrupt: takes the host down
  risk: "read",
  sources: ["where the facts are from: a manual page, your wiki"],
  needs: ["login"],
  options: {
    most: { kind: "integer", default: 90, summary: "per cent of / that may be used" },
  },
  timeout: seconds(120),
  async run({ console, host, options, step, note }) {
    await step("login", () => console.login());
    const { status, output } = await step("look", () => console.run("df -P /"));
    const used = Number(/ (\\d+)% /.exec(output)?.[1] ?? Number.NaN);
    if (status !== 0 || Number.isNaN(used))
      throw new OobError("RUNBOOK_FAILED", \`Cannot read how full / is on \${host.name}\`);
    note(\`\${used} % of / are used\`);
    const most = numberOf(options, "most", 90);
    const verdict = used > most ? "act" : "ok";
    return { verdict, text: \`/ of \${host.name} is \${used} % full\` };
  },
});
`;

/** The same as a recipe. */
export const RECIPE_START = `title: NAME
summary: Says what it finds out, and how
# read: only looks; type: changes something; disrupt: takes the host down
risk: read
steps:
  - login
  - run: df -P /
    match: ' (?<used>[0-9]+)% '
  - note: "{{used}} % of / are used"
  - verdict: act
    text: "/ of {{host}} is {{used}} % full"
    when: { used: "> 90" }
  - verdict: ok
    text: "/ of {{host}} is {{used}} % full"
`;
