/** A number from 0 up to 1. Passed in where chance plays a part, so that tests decide it. */
export type Random = () => number;

/** The machine's dice. */
export const systemRandom: Random = () => Math.random();
