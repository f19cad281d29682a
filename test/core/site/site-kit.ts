import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bareConfig, bareHost } from "../../../src/config/bare-config.ts";
import type { HostEntry, SiteConfig } from "../../../src/config/site-config.ts";
import { WATCH_PRESETS } from "../../../src/config/watch-policy.ts";
import type { AttachEvent, Attachment } from "../../../src/core/site/site.ts";

/** Hosts behind Unix sockets, each with what it said and heard, and a configuration for them. */
export class Rack {
  readonly folder: string;
  readonly #servers: Server[] = [];
  readonly #sockets = new Map<string, Socket[]>();
  readonly #came = new Map<string, () => void>();
  readonly hosts = new Map<string, HostEntry>();

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async make(names: readonly string[]): Promise<Rack> {
    const rack = new Rack(await mkdtemp(join(tmpdir(), "oob-site-")));
    for (const name of names) await rack.#add(name);
    return rack;
  }

  config(more: Partial<SiteConfig> = {}): SiteConfig {
    return {
      ...bareConfig({}),
      file: join(this.folder, "oob.yaml"),
      state: join(this.folder, "state"),
      runtime: join(this.folder, "run"),
      credentials: join(this.folder, "credentials"),
      hosts: this.hosts,
      ...more,
    };
  }

  /** The same as YAML. */
  get yaml(): string {
    const hosts = [...this.hosts.keys()].map(
      (name) => `  ${name}: { console: { driver: unix, path: ${this.#path(name)} }, watch: off }\n`,
    );
    const places = ["state", "run", "credentials"].map((one) => join(this.folder, one));
    return `version: 1\nstate: ${places[0]}\nruntime: ${places[1]}\ncredentials: ${places[2]}\nhosts:\n${hosts.join("")}`;
  }

  /** A host prints; waits until somebody is connected. */
  async print(host: string, text: string): Promise<void> {
    while ((this.#sockets.get(host) ?? []).length === 0)
      await new Promise<void>((resolve) => this.#came.set(host, resolve));
    for (const socket of this.#sockets.get(host) ?? []) socket.write(text);
  }

  connected(host: string): number {
    return this.#sockets.get(host)?.length ?? 0;
  }

  async close(): Promise<void> {
    for (const sockets of this.#sockets.values()) for (const socket of sockets) socket.destroy();
    for (const server of this.#servers) server.close();
    await rm(this.folder, { recursive: true });
  }

  #path(name: string): string {
    return join(this.folder, `${name}.console`);
  }

  /** An echo with a login prompt. */
  async #add(name: string): Promise<void> {
    const path = this.#path(name);
    const watch = WATCH_PRESETS.off;
    this.hosts.set(name, {
      ...bareHost(name, { driver: "unix", options: { path } }),
      watch,
    });
    const server = createServer((socket) => {
      const all = this.#sockets.get(name) ?? [];
      this.#sockets.set(name, [...all, socket]);
      socket.on("data", (bytes) => socket.write(bytes));
      socket.on("error", () => {});
      socket.on("close", () => {
        const left = this.#sockets.get(name)?.filter((one) => one !== socket) ?? [];
        this.#sockets.set(name, left);
      });
      this.#came.get(name)?.();
    });
    this.#servers.push(server);
    await new Promise<void>((resolve) => server.listen(path, resolve));
  }
}

/** Reads what an attached person is shown until it holds a text. */
export async function untilShown(attachment: Attachment, text: string): Promise<string> {
  // Not for-await: leaving that loop would leave the console.
  const events = attachment.events[Symbol.asyncIterator]();
  let shown = "";
  while (!shown.includes(text)) {
    const next = await events.next();
    if (next.done === true) throw new Error(`the console ended before "${text}": ${shown}`);
    shown += textOf(next.value);
  }
  return shown;
}

const textOf = (event: AttachEvent): string => {
  if (event.is === "bytes") return Buffer.from(event.bytes).toString();
  return "text" in event ? `[${event.text}]` : "";
};

export const ATTACH = {
  mode: "write",
  reason: "",
  replayLines: 0,
  filter: "safe",
  columns: 80,
  rows: 24,
} as const;
