import { messageOf } from "../../lib/errors.ts";
import type { Audit } from "../audit/audit.ts";
import type { Registry } from "../registry/registry.ts";

/** Tells of users' rules and boot loaders that cannot be used: the others go on. */
export async function noteBrokenFiles(
  registry: Registry,
  audit: Pick<Audit, "note">,
): Promise<void> {
  for (const broken of await registry.brokenRules())
    audit.note({
      type: "detect.broken-rule",
      by: "oob",
      text: `${messageOf(broken)}; what it looks for is not seen`,
    });
  for (const broken of await registry.brokenBootLoaders())
    audit.note({
      type: "runbook.broken-loader",
      by: "oob",
      text: `${messageOf(broken)}; runbooks do without it`,
    });
}
