import { resolve } from "node:path";
import type { CaptureConfig, FolderConfig, StoreConfig, SyncConfig } from "./config.ts";
import { DEFAULT_NAMES } from "./default-names.ts";
import type { Report } from "./problems.ts";
import type { ConfigDocument } from "./schema.ts";

/** A `[state]` or `[dead_letters]` table, or none. */
type StoreDocument = ConfigDocument["state"];

/** The tables that say where a pipeline keeps things, and how to tell of what is wrong with them. */
export interface StoreDocuments {
  readonly state: StoreDocument;
  readonly deadLetters: StoreDocument;
  /** What relative paths are relative to. */
  readonly folder: string;
  /** Takes problems at places of the whole document. */
  readonly report: Report;
}

/** Where a pipeline from MySQL into documents keeps things. */
export function directStores({ state, deadLetters, folder, report }: StoreDocuments): {
  readonly state: StoreConfig;
  readonly deadLetters: StoreConfig;
} {
  const noKafka = (key: string): StoreConfig => {
    report([key, "type"], 'must be "file" or "elasticsearch": this pipeline has no Kafka');
    return folderOf(DEFAULT_NAMES.stateFolder, folder);
  };
  const resolvedState =
    state === undefined
      ? folderOf(DEFAULT_NAMES.stateFolder, folder)
      : state.type === "kafka"
        ? noKafka("state")
        : place(state, folder);
  return {
    state: resolvedState,
    deadLetters:
      deadLetters === undefined
        ? besideState(resolvedState)
        : deadLetters.type === "kafka"
          ? noKafka("dead_letters")
          : place(deadLetters, folder),
  };
}

/** Where a capture keeps things. */
export function captureStores(
  { state, deadLetters, folder, report }: StoreDocuments,
  delivery: CaptureConfig["sink"]["delivery"],
): Pick<CaptureConfig, "state" | "deadLetters"> {
  const topic = (name: string) => ({ type: "kafka", topic: name }) as const;
  let resolvedState: CaptureConfig["state"] = topic(DEFAULT_NAMES.checkpointTopic);
  if (state?.type === "elasticsearch") {
    report(["state", "type"], 'must be "kafka" or "file": a capture has no Elasticsearch');
  } else if (state?.type === "file" && delivery === "exactly_once") {
    report(
      ["state", "type"],
      'must be "kafka" with delivery = "exactly_once": a transaction takes records and checkpoint together only where both are topics',
    );
  } else if (state !== undefined) resolvedState = place(state, folder);
  let resolvedLetters: CaptureConfig["deadLetters"] =
    resolvedState.type === "file" ? resolvedState : topic(DEFAULT_NAMES.deadLetterTopic);
  if (deadLetters?.type === "elasticsearch") {
    report(["dead_letters", "type"], 'must be "kafka" or "file": a capture has no Elasticsearch');
  } else if (deadLetters !== undefined) resolvedLetters = place(deadLetters, folder);
  return { state: resolvedState, deadLetters: resolvedLetters };
}

/** Where a sync keeps things. */
export function syncStores({
  state,
  deadLetters,
  folder,
  report,
}: StoreDocuments): Pick<SyncConfig, "state" | "deadLetters"> {
  if (state !== undefined && state.type !== "elasticsearch") {
    report(
      ["state", "type"],
      'must be "elasticsearch": the group keeps the offsets, and what else its instances must know of one another has to be in one place for all of them',
    );
  }
  if (deadLetters?.type === "kafka") {
    report(["dead_letters", "type"], 'must be "elasticsearch" or "file"');
  }
  return {
    state: state?.type === "elasticsearch" ? state : index(DEFAULT_NAMES.stateIndex),
    deadLetters:
      deadLetters === undefined || deadLetters.type === "kafka"
        ? index(DEFAULT_NAMES.deadLetterIndex)
        : place(deadLetters, folder),
  };
}

/** Where the halves of a pipeline with Kafka between them keep things: the capture in topics, the sync in indices, dead letters in a folder if told so. */
export function halvesStores(
  { state, deadLetters, folder, report }: StoreDocuments,
  checkpointTopic: string,
): {
  readonly capture: Pick<CaptureConfig, "state" | "deadLetters">;
  readonly sync: Pick<SyncConfig, "state" | "deadLetters">;
} {
  if (state !== undefined && state.type !== "elasticsearch") {
    report(
      ["state", "type"],
      'must be "elasticsearch", or leave [state] out: beside [kafka] the capture keeps its checkpoint in kafka.checkpoint_topic, and the group its offsets',
    );
  }
  if (deadLetters?.type === "kafka") {
    report(["dead_letters", "type"], 'must be "elasticsearch" or "file" beside [kafka]');
  }
  const letters = deadLetters?.type === "file" ? place(deadLetters, folder) : null;
  return {
    capture: {
      state: { type: "kafka", topic: checkpointTopic },
      deadLetters: letters ?? { type: "kafka", topic: DEFAULT_NAMES.deadLetterTopic },
    },
    sync: {
      state: state?.type === "elasticsearch" ? state : index(DEFAULT_NAMES.stateIndex),
      deadLetters:
        letters ??
        (deadLetters?.type === "elasticsearch"
          ? deadLetters
          : index(DEFAULT_NAMES.deadLetterIndex)),
    },
  };
}

/** The store with its folder, if it is one, resolved. */
function place<Store extends NonNullable<StoreDocument>>(
  store: Store,
  folder: string,
): Exclude<Store, { type: "file" }> | FolderConfig {
  return store.type === "file"
    ? folderOf(store.path, folder)
    : (store as Exclude<Store, { type: "file" }>);
}

function folderOf(path: string, folder: string): FolderConfig {
  return { type: "file", path: resolve(folder, path) };
}

function index(name: string) {
  return { type: "elasticsearch", index: name } as const;
}

function besideState(state: StoreConfig): StoreConfig {
  return state.type === "file" ? state : index(DEFAULT_NAMES.deadLetterIndex);
}
