import { escapeProfile } from "../codec/escape-profile.ts";

/** Whether a text names an escape that people can choose: "^]", "~". */
export const isEscape = (text: string): boolean => escapeProfile(text) !== undefined;
