import fc from "fast-check";

// The same code gets the same verdict: property tests draw the same inputs in every run. OOB_SEED=random looks elsewhere;
// fast-check tells seed, path and counterexample of what it finds.
const { OOB_SEED: seed = "1" } = process.env;
if (seed !== "random") fc.configureGlobal({ seed: Number(seed) });
