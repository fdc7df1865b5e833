/** What random tests start from: the same in every run, so that a failure is the change's; another with `TAILRACE_TEST_SEED=7 npm test`. A setup file of vitest. */
import fc from "fast-check";

export const SEED = Number(process.env["TAILRACE_TEST_SEED"] ?? 20_261_123);

fc.configureGlobal({ seed: SEED });
