import type {
  DeviceKind,
  DriverCatalog,
  DriverFacts,
  OpenCatalog,
} from "../../config/driver-catalog.ts";
import { OobError } from "../../lib/errors.ts";
import { nameHint } from "../../lib/nearest.ts";
import type { BootLoader } from "../../sdk/boot-loader.ts";
import type { FirmwareMap } from "../../sdk/firmware/firmware-map.ts";
import type { ConsoleDriver } from "../../sdk/link.ts";
import type { MenuProfile } from "../../sdk/menu-profile.ts";
import type { NotifyDriver } from "../../sdk/notify/alert.ts";
import type { PowerDriver } from "../../sdk/power.ts";
import type { Rule } from "../../sdk/rule.ts";
import type { Runbook } from "../../sdk/runbook.ts";
import { ruleSetOf } from "../detect/rule-set.ts";
import {
  type DriverFile,
  flatFiles,
  runbookFiles,
  shippedFiles,
  usersFiles,
} from "./driver-files.ts";
import {
  type Declared,
  DRIVER_KINDS,
  type DriverKind,
  isDeclared,
  lacking,
  shapeOf,
} from "./driver-shapes.ts";
import { linearPattern, linearPatterns } from "./linear-pattern.ts";
import { loadModule } from "./load-module.ts";

/** Data whose patterns look at what a device or host says. */
const DIALOGUES: ReadonlySet<DriverKind> = new Set(["menu", "serial", "firmware"]);

/**
 * Finds drivers, rules, boot loaders and runbooks by the path of their files: those that ship with oob, and those in
 * users' folders (laid out the same way, or flat). A user's file goes before a shipped one of the same name. Nothing
 * is loaded before it is asked for by name.
 */
export class Registry implements DriverCatalog {
  readonly #folders: readonly string[];
  readonly #runbookFolders: readonly string[];
  readonly #lists = new Map<DriverKind, Promise<ReadonlyMap<string, DriverFile>>>();
  #rules:
    | Promise<{ readonly rules: readonly Rule[]; readonly broken: readonly Error[] }>
    | undefined;
  readonly #loaded = new Map<string, Promise<unknown>>();

  /** `folders` may hold all kinds; what lies in `runbookFolders` is a runbook. */
  constructor(folders: readonly string[] = [], runbookFolders: readonly string[] = []) {
    this.#folders = folders;
    this.#runbookFolders = runbookFolders;
  }

  /** Throws DRIVER_UNKNOWN or DRIVER_INVALID. */
  console(name: string): Promise<ConsoleDriver> {
    return this.#get("console", name);
  }

  /** Throws DRIVER_UNKNOWN or DRIVER_INVALID. */
  power(name: string): Promise<PowerDriver> {
    return this.#get("power", name);
  }

  /** A way to tell people. Throws DRIVER_UNKNOWN or DRIVER_INVALID. */
  notify(name: string): Promise<NotifyDriver> {
    return this.#get("notify", name);
  }

  /** The dialogue of a console server's menu. Throws DRIVER_UNKNOWN or DRIVER_INVALID. */
  menu(name: string): Promise<MenuProfile> {
    return this.#get("menu", name);
  }

  /** SNMP profiles or serial-PDU dialogues by name. */
  async profiles<Profile>(kind: "snmp" | "serial"): Promise<ReadonlyMap<string, Profile>> {
    return (await this.#all(kind)) as unknown as ReadonlyMap<string, Profile>;
  }

  /** Every boot loader that can be used, by name. */
  async bootLoaders(): Promise<ReadonlyMap<string, BootLoader>> {
    return (await this.#usable("boot")).usable;
  }

  /** Why boot loaders cannot be used. They are left out: a runbook that needs none of them runs. */
  async brokenBootLoaders(): Promise<readonly Error[]> {
    return (await this.#usable("boot")).broken;
  }

  /** The screens of every firmware that can be used, by name. */
  async firmware(): Promise<ReadonlyMap<string, FirmwareMap>> {
    return (await this.#usable("firmware")).usable;
  }

  /** Every rule that can be used; always the same array, for which the detector compiles them once. */
  async rules(): Promise<readonly Rule[]> {
    return (await this.#sortedRules()).rules;
  }

  /** Why rule files cannot be used. They are left out: no console is lost by them. */
  async brokenRules(): Promise<readonly Error[]> {
    return (await this.#sortedRules()).broken;
  }

  /** Throws RUNBOOK_INVALID where there is none of that name. */
  async runbook(name: string): Promise<Runbook> {
    const files = await this.#files("runbook");
    const file = files.get(name);
    if (file) return this.#load("runbook", file);
    throw new OobError("RUNBOOK_INVALID", `Cannot run "${name}": there is no such runbook`, {
      hint: nameHint(name, [...files.keys()]) ?? "List them with oob runbook list",
    });
  }

  /** Where a runbook's file lies; undefined: there is none of that name. */
  async runbookFile(name: string): Promise<DriverFile | undefined> {
    return (await this.#files("runbook")).get(name);
  }

  async describe(kind: DeviceKind, name: string): Promise<DriverFacts | undefined> {
    const file = (await this.#files(kind)).get(name);
    if (file === undefined) return undefined;
    if (kind === "notify") return { ...(await this.#load(kind, file)), address: "none" };
    return this.#load(kind, file);
  }

  async names(kind: DriverKind): Promise<readonly string[]> {
    return [...(await this.#files(kind)).keys()].sort();
  }

  async #get<Kind extends DriverKind>(kind: Kind, name: string): Promise<Declared[Kind]> {
    const files = await this.#files(kind);
    const file = files.get(name);
    if (file) return this.#load(kind, file);
    throw new OobError("DRIVER_UNKNOWN", `Cannot find a ${kind} driver "${name}"`, {
      hint: nameHint(name, [...files.keys()]) ?? `Drivers: ${[...files.keys()].join(", ")}`,
    });
  }

  async #all<Kind extends DriverKind>(kind: Kind): Promise<ReadonlyMap<string, Declared[Kind]>> {
    const files = [...(await this.#files(kind)).values()];
    const loaded = files.map(async (file) => [file.name, await this.#load(kind, file)] as const);
    return new Map(await Promise.all(loaded));
  }

  async #load<Kind extends DriverKind>(kind: Kind, file: DriverFile): Promise<Declared[Kind]> {
    const declared = await this.#module(file);
    if (isDeclared(kind, declared)) {
      if (DIALOGUES.has(kind) && !file.own) return linearPatterns(declared, file.path);
      if (shapeOf(declared) !== "rule") return declared;
      const rule = await this.#rule(file, declared as Rule);
      return rule as Declared[Kind];
    }
    throw new OobError(
      "DRIVER_INVALID",
      `Cannot use "${file.path}" as ${kind}: it lacks ${lacking(kind, declared).join(", ")}`,
    );
  }

  /** A rule that can be used. A user's patterns run in linear time; those that ship are checked by our tests. */
  async #rule(file: DriverFile, declared: Rule): Promise<Rule> {
    ruleSetOf([{ ...declared, id: file.name }]);
    if (file.own) return declared;
    const pattern = await linearPattern(declared.pattern, `"pattern" of "${file.path}"`);
    if (declared.unless === undefined) return { ...declared, pattern };
    const unless = await linearPattern(declared.unless, `"unless" of "${file.path}"`);
    return { ...declared, pattern, unless };
  }

  #sortedRules() {
    this.#rules ??= this.#sortRules();
    return this.#rules;
  }

  async #sortRules() {
    const { usable, broken } = await this.#usable("rule");
    return { rules: [...usable].map(([id, rule]) => ({ ...rule, id })), broken };
  }

  async #usable<Kind extends DriverKind>(kind: Kind) {
    const usable = new Map<string, Declared[Kind]>();
    const broken: Error[] = [];
    for (const file of (await this.#files(kind)).values()) {
      await this.#load(kind, file).then(
        (declared) => usable.set(file.name, declared),
        (thrown: unknown) => broken.push(asError(thrown)),
      );
    }
    return { usable, broken };
  }

  #module(file: DriverFile): Promise<unknown> {
    let loading = this.#loaded.get(file.path);
    if (loading === undefined) {
      loading = loadModule(file);
      this.#loaded.set(file.path, loading);
    }
    return loading;
  }

  #files(kind: DriverKind): Promise<ReadonlyMap<string, DriverFile>> {
    let list = this.#lists.get(kind);
    if (list === undefined) {
      list = this.#find(kind);
      this.#lists.set(kind, list);
    }
    return list;
  }

  /** What is wrong with users' files, each loaded and looked at. */
  async problems(): Promise<readonly Error[]> {
    const problems: Error[] = [];
    const attempt = (work: Promise<unknown>) =>
      work.catch((thrown: unknown) => {
        problems.push(asError(thrown));
      });
    for (const folder of this.#folders)
      for (const file of await flatFiles(folder))
        await attempt(
          this.#module(file).then((declared) => {
            if (shapeOf(declared) === undefined)
              throw new OobError(
                "DRIVER_INVALID",
                `Cannot use "${file.path}": it declares no driver, profile, boot loader, firmware, rule or runbook`,
              );
          }),
        );
    for (const kind of DRIVER_KINDS)
      for (const file of (await this.#files(kind)).values())
        if (!file.own) await attempt(this.#load(kind, file));
    return [...new Map(problems.map((problem) => [problem.message, problem])).values()];
  }

  async #find(kind: DriverKind): Promise<ReadonlyMap<string, DriverFile>> {
    const files = new Map<string, DriverFile>();
    const lay = (file: DriverFile) => {
      const { own, hides } = files.get(file.name) ?? {};
      files.set(file.name, own || hides ? { ...file, hides: true } : file);
    };
    for (const file of await shippedFiles(kind)) files.set(file.name, file);
    // The first folder of the list wins, so it is laid on last.
    for (const folder of [...this.#folders].reverse()) {
      for (const file of await flatFiles(folder)) if (await this.#mayBe(kind, file)) lay(file);
      for (const file of await usersFiles(kind, folder)) lay(file);
    }
    if (kind === "runbook")
      for (const folder of [...this.#runbookFolders].reverse())
        for (const file of await runbookFiles(folder)) lay(file);
    return files;
  }

  /** A flat file that cannot be loaded is in the way of nobody who did not ask for it by name. */
  async #mayBe(kind: DriverKind, file: DriverFile): Promise<boolean> {
    try {
      return shapeOf(await this.#module(file)) === kind;
    } catch {
      return kind === "console" || kind === "power" || kind === "notify"; // Thrown again when it is asked for.
    }
  }
}

const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new Error(String(thrown));

/** Opens a registry for reading a configuration. */
export const openRegistry: OpenCatalog = (folders, runbookFolders) =>
  new Registry(folders, runbookFolders);
