/** What some units say who were never given a serial number. */
const NONE = /^(?:[0.\-\s]*|none|unknown|n\/a|not set)$/i;

/** true where a text can tell one device from another. */
export const isSerialNumber = (text: string | undefined): text is string =>
  text !== undefined && !NONE.test(text);
