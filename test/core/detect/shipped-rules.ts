import { Registry } from "../../../src/core/registry/registry.ts";

/** The rules that ship, as the daemon gets them. */
export const shippedRules = await new Registry().rules();
