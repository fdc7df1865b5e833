import { defineConfig } from "vitest/config";

/** `unit` needs nothing but Node; `server` needs the servers that scripts/test.ts starts and names in TAILRACE_TEST_*. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "scripts/**/*.test.ts"],
          setupFiles: ["test/support/seed.ts"],
          // some start processes; a busy machine must not fail them
          testTimeout: 30_000,
          maxWorkers: 2,
        },
      },
      {
        test: {
          name: "server",
          include: ["test/**/*.test.ts"],
          setupFiles: ["test/support/seed.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
        },
      },
    ],
  },
});
