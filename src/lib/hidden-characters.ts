/**
 * Characters that hide or reorder text, or that an 8-bit terminal obeys, as ranges for a RegExp with the flag "u": C1
 * controls; and of Unicode 15 all that is Bidi_Control or Default_Ignorable_Code_Point (soft hyphen, zero-width, BOM, tags,
 * formats of music and shorthand), line and paragraph separators, interlinear marks. Combining marks and Hangul fillers stay.
 */
export const HIDDEN_RANGES = String.raw`\u0080-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\ufffb\u{1bca0}-\u{1bca3}\u{1d173}-\u{1d17a}\u{e0000}-\u{e00ff}\u{e01f0}-\u{e0fff}`;
