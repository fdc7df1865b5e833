import { Command, InvalidArgumentError } from "commander";
import { keepHeapSmall } from "../core/tune-heap.ts";
import type { CliContext } from "./context.ts";
import { CONFIG_ARGUMENT, loadLocation } from "./load-location.ts";
import type { VerifyFlags } from "./verify/verify-documents.ts";

/** `tailrace verify CONFIG`: compares documents with their rows, and repairs those that differ. */
export function verifyCommand(context: CliContext, setExitCode: (code: number) => void): Command {
  return new Command("verify")
    .description(
      "Compare all documents with their rows, and with --repair write those that differ.",
    )
    .argument("<config>", CONFIG_ARGUMENT)
    .option("--table <db.table>", "only this table, or the tables of this pattern")
    .option("--rule <name>", "only the documents of this rule")
    .option("--sample <share>", "only this share of the rows, by chance: 1%", parseShare)
    .option("--repair", "write the documents that differ, and delete those without a row")
    .option("--no-settle", "nothing streams: compare without waiting for the pipeline")
    .option("--max-differences <n>", "differences that are named, at most", positive, 100)
    .option("--show-values", "show the values of fields that differ, too")
    .option("--connections <n>", "connections that read at the same time", positive)
    .option("--max-rows-per-second <n>", "read no more than so many rows a second", positive)
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      `
Reads every row in ranges of its key, makes the documents that the rules say and compares them with those that the indices hold; then looks
for documents without a row. The pipeline may run meanwhile, here or elsewhere: a difference counts only when it is still there after
the pipeline has passed what the source had logged (verify.settle_timeout), else it is counted as unsettled.
--repair writes only what differs. Documents without a row are deleted from indices that this pipeline has created, and left in others.

Exit codes: 0 all agree, or were repaired; 1 VERIFY_DIFFERENT.

Examples:
  $ tailrace verify tailrace.toml
  $ tailrace verify tailrace.toml --sample 1%
  $ tailrace verify tailrace.toml --table shop.orders --repair
  $ tailrace verify tailrace.toml --json | jq .counts`,
    )
    .action(async (location: string, flags: VerifyFlags) => {
      const configs = await loadLocation(location, context);
      keepHeapSmall();
      // loaded only now: the other commands start faster without it
      const { verifyDocuments } = await import("./verify/verify-documents.ts");
      setExitCode(await verifyDocuments(configs, flags, context));
    });
}

function positive(text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("It must be a whole number above 0.");
}

function parseShare(text: string): number {
  const share = Number(/^(\d+(?:\.\d+)?) ?%$/.exec(text)?.[1]) / 100;
  if (share > 0 && share <= 1) return share;
  throw new InvalidArgumentError("It must be a percentage above 0, such as 1%.");
}
