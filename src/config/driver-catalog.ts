import type { OptionFault, OptionSpecs, OptionValues } from "../sdk/options.ts";

/** What a configuration entry is about. */
export type DeviceKind = "console" | "power" | "notify";

/** What checking an entry needs to know of its driver. */
export interface DriverFacts {
  readonly options: OptionSpecs;
  readonly address: "path" | "host-port" | "command" | "none";
  readonly through?: true;
  /** Of a console: options that tell one device from another. */
  readonly identity?: readonly string[];
  check?(options: OptionValues): readonly OptionFault[];
}

/** Where configuration asks about drivers; core/registry/registry.ts finds them. */
export interface DriverCatalog {
  /** undefined: there is no such driver. Throws DRIVER_INVALID where its file is broken. */
  describe(kind: DeviceKind, name: string): Promise<DriverFacts | undefined>;
  names(kind: DeviceKind | "snmp" | "serial" | "menu" | "runbook"): Promise<readonly string[]>;
}

/** Opens a catalog over what ships and what lies in users' folders: for all kinds, and for runbooks alone. */
export type OpenCatalog = (
  folders: readonly string[],
  runbookFolders: readonly string[],
) => DriverCatalog;
