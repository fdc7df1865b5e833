import { runTailraceCommand } from "../../support/tailrace-command.ts";
import type { Damage } from "./damage.ts";

/** What `tailrace verify` said. */
export interface VerifyAnswer {
  readonly exitCode: number | null;
  /** Documents that do not agree with their rows. */
  readonly differences: readonly VerifyDifference[];
  readonly repaired: number;
  readonly unsettled: number;
  /** The end of what it wrote to standard error. */
  readonly log: string;
}

/** One of them. */
export interface VerifyDifference {
  readonly kind: string;
  readonly index: string;
  readonly id: string;
}

const MOST_DIFFERENCES = 2_000;
/** Lines of a report about differences. */
const SHOWN = 10;

/** Runs `tailrace verify CONFIG --json` beside the pipeline. */
export async function verifyByCommand(
  config: string,
  options: readonly string[] = [],
): Promise<VerifyAnswer> {
  const most = ["--max-differences", String(MOST_DIFFERENCES)];
  const { exitCode, stdout, stderr } = await runTailraceCommand([
    "verify",
    config,
    "--json",
    ...most,
    ...options,
  ]);
  const result = parseResult(stdout);
  return {
    exitCode,
    ...result,
    log: stderr.trimEnd().split("\n").slice(-SHOWN).join("\n"),
  };
}

type Counted = Pick<VerifyAnswer, "differences" | "repaired" | "unsettled">;

/** What was printed as JSON; nothing found where the command failed before. */
function parseResult(stdout: string): Counted {
  if (stdout.trim() === "") return { differences: [], repaired: 0, unsettled: 0 };
  return JSON.parse(stdout) as Counted;
}

/** What is wrong with an answer that should name exactly the damaged documents: a line each, none when all is well. */
export function describeFindings(
  when: string,
  { exitCode, differences, unsettled, repaired, log }: VerifyAnswer,
  damaged: readonly Damage[],
): string[] {
  const isRepair = repaired > 0;
  const expected = new Map(damaged.map((damage) => [`${damage.index}/${damage.id}`, damage.kind]));
  const found = new Map(differences.map(({ index, id, kind }) => [`${index}/${id}`, kind]));
  const missed = [...expected].filter(([document]) => !found.has(document));
  const others = [...found].filter(([document]) => !expected.has(document));
  const wrong = [...found].filter(
    ([document, kind]) => expected.has(document) && expected.get(document) !== kind,
  );
  const expectedExit = damaged.length === 0 || isRepair ? 0 : 1;
  return [
    ...(exitCode === expectedExit
      ? []
      : [`verify ${when} ended with exit code ${exitCode}:\n${log}`]),
    ...(unsettled === 0 ? [] : [`verify ${when}: ${unsettled} documents did not settle`]),
    ...listOf(`verify ${when} did not find`, missed),
    ...listOf(`verify ${when} found undamaged`, others),
    ...listOf(`verify ${when} found of another kind`, wrong),
  ];
}

function listOf(what: string, documents: readonly (readonly [string, string])[]): string[] {
  if (documents.length === 0) return [];
  const shown = documents.slice(0, SHOWN).map(([document, kind]) => `${document} (${kind})`);
  return [`${what} ${documents.length} documents: ${shown.join(", ")}`];
}
