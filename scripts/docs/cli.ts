import type { CliContext } from "../../src/cli/context.ts";
import type { LogStatusLine, SyncStatusLine } from "../../src/observe/status-line.ts";
import { allCommands, commandPath, createProgram } from "../../src/cli/program.ts";

const INTRODUCTION = `# Command line

Results go to standard output, everything meant for people to standard error; with \`--json\` standard output holds nothing but JSON, errors
included. An error is told as its code, its message and its remedy; [errors.md](errors.md) lists the codes.

| Exit code | Means |
| --- | --- |
| 0 | done; \`run\`: stopped by a signal and drained |
| 1 | a fatal error |
| 2 | the command line, the configuration or the preflight is at fault |
| 130 | forced by a second Ctrl-C |
`;

/** The keys that a status line may have, and what they mean. */
const STATUS_KEYS: Readonly<Record<keyof LogStatusLine | keyof SyncStatusLine, string>> = {
  time: "when, ISO 8601",
  pipeline: "the pipeline's name",
  topology: "`direct`, `capture` or `sync`",
  state:
    "`running`; `waiting` for a server that cannot be reached or asks to slow down; `standby` behind another capture; `rebalancing` while partitions come and go; `stopped` in the last line",
  rows: "row changes (`capture`: records) answered for since the start; a row whose key changed counts twice",
  rows_per_s: "the same, per second since the line before",
  rows_in_flight: "taken from the log or the topics and not answered for",
  rows_filtered:
    "not with `capture`: rows that a rule's conditions leave out; a row counts for each rule",
  rows_unchanged: "not with `capture`: updates in which no column changed that the rule uses",
  rows_failed: "not with `capture`: rows of which a rule has no document: in the dead letters",
  lag_s: "age of the last acknowledged transaction in seconds, 0 when none waits, null = unknown",
  latency_ms:
    "commit on the source to acknowledgement, of the last transaction; null before the first",
  transactions_pending: "not with `sync`: read and not answered for",
  file: "not with `sync`: binlog file of the checkpoint",
  position: "not with `sync`: byte offset of the checkpoint in it",
  gtid_set: "not with `sync`: transactions before the checkpoint; null without GTIDs",
  records_pending: "`sync`: read and not answered for",
  records_behind: "`sync`: in this instance's partitions and not answered for; null = unknown",
  partitions: "`sync`: how many this instance has at the moment",
  gaps: "tables whose documents may not agree with their rows",
  applied: "documents written or deleted, or records written",
  conflicts: "actions that found a newer version: success",
  rejected: "refused for good: in the dead letters",
  retries: "actions sent again",
  collapsed: "replaced by a later change of the same document before they were sent",
  requests: "bulk requests, or batches of records sent at once",
  bytes: "their bytes",
  waiting_for: "why the sink waits now, or null",
  loading: "not with `capture`: what is being loaded at the moment, in words; null = nothing",
  rss_mb: "memory of the process, MiB",
};

const NO_PROCESS: CliContext = {
  env: {},
  print: () => undefined,
  warn: () => undefined,
  stopSignal: () => new AbortController().signal,
};

/** `docs/cli.md`: the help of every command. */
export function cliPage(): string {
  const program = createProgram(NO_PROCESS, () => undefined);
  const sections = allCommands(program)
    .filter((command) => command.parent === null || command.commands.length === 0)
    .map((command) => {
      let help = "";
      command.configureOutput({
        writeOut: (text) => {
          help += text;
        },
        getOutHelpWidth: () => 100,
      });
      command.outputHelp();
      return `## ${commandPath(command)}\n\n\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`;
    });
  const keys = Object.entries(STATUS_KEYS).map(([key, meaning]) => `| \`${key}\` | ${meaning} |`);
  return `${INTRODUCTION}
${sections.join("\n")}
## Status lines

What \`tailrace run --json\` prints every second, one object a line, and once more at the end. When both halves of a configuration with Kafka
run in one process, lines of both come in turn.

| Key | Means |
| --- | --- |
${keys.join("\n")}
`;
}
