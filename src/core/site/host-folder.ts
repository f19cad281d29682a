import { join } from "node:path";

/** Where what belongs to one host lies: marks, reports. Names from URLs hold slashes: what is unusual is escaped. */
export function hostFolder(state: string, host: string): string {
  const name = encodeURIComponent(host).replace(/^\.+/, (dots) => "%2E".repeat(dots.length));
  return join(state, "hosts", name);
}
