/** The system whose kernel a folder of rules is about. Firmware, loaders and hypervisors stand beside any of them. */
const SYSTEMS: Readonly<Record<string, string>> = {
  linux: "linux",
  bsd: "bsd",
  freebsd: "bsd",
  openbsd: "bsd",
  netbsd: "bsd",
  illumos: "illumos",
  esxi: "esxi",
  windows: "windows",
  fuchsia: "fuchsia",
  openvms: "openvms",
};

/** The system that a rule is about: "linux" for "linux/panic"; undefined where it tells none. */
export const systemOf = (rule: string): string | undefined =>
  SYSTEMS[rule.slice(0, Math.max(0, rule.indexOf("/")))];
