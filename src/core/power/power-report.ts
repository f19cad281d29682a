import type { PowerResult } from "../site/site.ts";
import type { HostPower } from "./power-bank.ts";
import type { Feed } from "./power-feed.ts";
import type { Ended } from "./power-moves.ts";
import { combined } from "./power-outlets.ts";
import { plain } from "./unsent.ts";

/** How an order ended, and what the outlets read afterwards. */
export interface PowerReport extends HostPower {
  readonly result: PowerResult;
  readonly error?: { readonly code: string; readonly message: string; readonly hint?: string };
}

/** The end of an order, with its outlets as they were read last. */
export function report(feeds: readonly Feed[], { result, error }: Ended): PowerReport {
  const outlets = feeds.map(({ status }) => status);
  return { result, power: combined(outlets), outlets, ...(error && { error: plain(error) }) };
}

/** Reads twice what is told at the end of a failure. */
export async function confirmAll(feeds: readonly Feed[]): Promise<void> {
  await Promise.all(feeds.map((feed) => feed.confirm()));
}
