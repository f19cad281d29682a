import { OobError } from "../../lib/errors.ts";

/** What "web1/3" means. Throws USAGE where it is no session. */
export function sessionName(text: string): { readonly host: string; readonly id: number } {
  const [, host, id] = /^(.+)\/(\d{1,9})$/.exec(text) ?? [];
  if (host !== undefined && id !== undefined) return { host, id: Number(id) };
  throw new OobError("USAGE", `Cannot find "${text}": it is neither a host nor a session`, {
    hint: 'A session is a host and a number, as "web1/3": oob who lists them',
  });
}
