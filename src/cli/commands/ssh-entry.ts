import { OobError } from "../../lib/errors.ts";
import { defineCommand } from "../command.ts";
import { entryLine } from "../ssh-entry/entry-line.ts";

const CONFIG = "/etc/oob/oob.yaml";
/** What the person's ssh, or their own files, may not decide. */
const NOT_THEIRS = ["OOB_CONFIG", "OOB_STATE", "OOB_RUNTIME", "CREDENTIALS_DIRECTORY", "SUDO_USER"];

export default defineCommand<{ config?: string }>({
  usage: "",
  about:
    "What sshd runs for those who come by ssh: ForceCommand oob ssh-entry; then: ssh -t oob-box web1, ssh oob-box status. Takes the command from SSH_ORIGINAL_COMMAND, which no shell reads, and knows few: attach, spy, status, power and their like; the name of a host is its console, nothing is the list of hosts. Whoever comes is the user that sshd knows, with that user's grants. Asks the daemon alone, never a device.",
  options: [{ flags: "--config <file>", summary: `configuration file (${CONFIG})` }],
  examples: ["oob ssh-entry", "oob ssh-entry --config /etc/oob/fra1.yaml"],
  siteless: true,
  jsonless: true,
  ownSignals: true,
  async run({ context, options }) {
    const { config = CONFIG } = options;
    const { again } = context;
    if (!again) throw new OobError("INTERNAL", "Cannot run another command in this process");
    const env = Object.fromEntries(
      Object.entries(context.env).filter(([name]) => !NOT_THEIRS.includes(name)),
    );
    const line = entryLine(context.env.SSH_ORIGINAL_COMMAND);
    return again(line, {
      ...context,
      env,
      openSite: async ({ hosts = [] }) => {
        if (hosts.length > 0)
          throw new OobError("NOT_PERMITTED", `Cannot open "${hosts[0]}" by ssh: it is a URL`, {
            hint: "Hosts of the configuration go by their names",
          });
        const { openSite } = await import("../../daemon/client.ts");
        return openSite({ config, env, daemonOnly: true });
      },
    });
  },
});
