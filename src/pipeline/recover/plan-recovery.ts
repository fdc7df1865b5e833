import { configFingerprint } from "../../config/fingerprint.ts";
import type { DirectConfig } from "../../config/config.ts";
import type { Checkpoint, TableGap } from "../../core/checkpoint.ts";
import { TailraceError } from "../../core/errors.ts";
import type { TableLoad } from "../../core/load.ts";
import { MAX_EPOCH } from "../../core/version.ts";
import { newLoad } from "../../snapshot/new-load.ts";
import type { RuledTable } from "../load/initial-loads.ts";
import { type Diagnosis, UNVERIFIED } from "./diagnose.ts";

/** What a recovery is planned from. */
export interface RecoveryInputs {
  readonly config: DirectConfig;
  readonly diagnosis: Diagnosis;
  /** Those that the rules take and the source has now. */
  readonly tables: readonly RuledTable[];
  /** Greatest epoch noted in the indices; null = none. */
  readonly knownEpoch: number | null;
}

/** The checkpoint that the pipeline goes on from, with the loads that mend it, and the tables that are to be compared then. */
export interface Recovery {
  readonly checkpoint: Checkpoint;
  readonly tables: readonly RuledTable[];
}

/**
 * The checkpoint with which a pipeline recovers. Where the log is lost it is at the log's end now, of the next epoch, and all tables are loaded; where it is intact it is where it was, and the
 * tables with gaps are loaded. Each of these has one gap from now on, until it has been compared with its documents: whoever interrupts the recovery finds what is left to do in the
 * checkpoint, and what goes wrong meanwhile is noted beside it. Throws STATE_EPOCHS_USED_UP.
 */
export function planRecovery(inputs: RecoveryInputs): Recovery {
  const { diagnosis, config } = inputs;
  const { checkpoint, lost, source } = diagnosis;
  const tables = mended(inputs);
  const loads = (checkpoint.loads ?? []).filter((load) => !tables.some((each) => isOf(load, each)));
  const kept = keptLoads(inputs, tables);
  const gaps = [
    ...diagnosis.gaps.filter((gap) => !isUnnamed(gap) && !tables.some((table) => isOf(gap, table))),
    ...tables.map((table) => unverified(table, checkpoint)),
  ];
  const next = { ...checkpoint, gaps, loads: [...loads, ...kept] };
  if (lost === null) return { checkpoint: next, tables };
  const epoch = Math.max(checkpoint.epoch, inputs.knownEpoch ?? 0) + 1;
  if (epoch > MAX_EPOCH)
    throw new TailraceError("STATE_EPOCHS_USED_UP", `The next epoch would be ${epoch}.`);
  const { server, state } = source;
  return {
    tables,
    checkpoint: {
      ...next,
      flavor: server.flavor,
      serverUuid: server.serverUuid,
      epoch,
      ...state.current,
      readTo: undefined,
      gtidSet: state.gtidExecuted?.toString(),
      fingerprint: configFingerprint(config),
    },
  };
}

/** Tables that the rules take and that are to be loaded and compared. */
function mended({ diagnosis: { lost, gaps }, tables }: RecoveryInputs): readonly RuledTable[] {
  if (lost !== null || gaps.some(isUnnamed)) return tables;
  return tables.filter((table) => gaps.some((gap) => isOf(gap, table)));
}

/** The log did not tell which tables it was about. */
function isUnnamed({ table }: TableGap): boolean {
  return table === "";
}

/** A table whose recovery was interrupted goes on with its loads; any other is loaded from the beginning. */
function keptLoads(
  { diagnosis: { lost, gaps, checkpoint } }: RecoveryInputs,
  tables: readonly RuledTable[],
): readonly TableLoad[] {
  return tables.flatMap((table) => {
    const own = (checkpoint.loads ?? []).filter((load) => isOf(load, table));
    const isUnderWay =
      lost === null &&
      gaps.filter((gap) => isOf(gap, table)).every((gap) => gap.code === UNVERIFIED) &&
      own.length > 0 &&
      own.every((load) => load.state !== "failed" && load.state !== "cancelled");
    return isUnderWay ? own : [newLoad(table)];
  });
}

function unverified({ database, table }: RuledTable, { file, position }: Checkpoint): TableGap {
  return { database, table, code: UNVERIFIED, file, position };
}

/** The checkpoint without the notes of tables that have been compared. */
export function withoutUnverified(
  checkpoint: Checkpoint,
  compared: readonly Pick<RuledTable, "database" | "table">[],
): Checkpoint {
  const gaps = checkpoint.gaps.filter(
    (gap) => gap.code !== UNVERIFIED || !compared.some((table) => isOf(gap, table)),
  );
  return { ...checkpoint, gaps };
}

function isOf(
  a: { readonly database: string; readonly table: string },
  b: { readonly database: string; readonly table: string },
): boolean {
  return a.database === b.database && a.table === b.table;
}
