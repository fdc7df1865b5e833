import { TailraceError } from "../../core/errors.ts";
import {
  type CanalAdapter,
  canalAdapters,
  type CanalApplication,
  canalDataSource,
  canalMode,
} from "./canal-application.ts";
import type { CanalFolder } from "./canal-files.ts";
import { collectRelations, importCanalMapping } from "./canal-mapping.ts";
import type { CanalFile } from "./canal-schema.ts";
import { type ImportedConfig, type ImportNote, nameOf, VARIABLES } from "./imported.ts";
import { canalSink, canalSource, type CanalPlace } from "./canal-sections.ts";

/** What was asked for besides the folder. */
export interface CanalOptions {
  /** The folder's name in messages. */
  readonly folder: string;
  /** The destination whose mappings are wanted, where there are several. */
  readonly destination?: string | undefined;
}

/**
 * The configuration of Canal's Elasticsearch adapter in our words: that of one destination (a Canal instance or a topic), for a configuration of ours has one source
 * and one cluster. Throws CONFIG_INVALID when there are several to choose from, or none.
 */
export function importCanal(folder: CanalFolder, options: CanalOptions): ImportedConfig {
  const application: CanalApplication = folder.application ?? new Map<string, string>();
  const { adapters, others } = canalAdapters(application);
  const { files, folders } = chooseFiles(folder, adapters);
  const destinations = [...new Set(files.map(({ mapping }) => mapping.destination))];
  const destination = chooseOne("destination", destinations, options.destination, options.folder);
  const chosen = files.filter(({ mapping }) => mapping.destination === destination);
  const dataSources = [...new Set(chosen.map(({ mapping }) => mapping.dataSourceKey))];
  const dataSourceKey = chooseOne("data source", dataSources, undefined, options.folder);
  const dataSource = canalDataSource(application, dataSourceKey);
  const place: CanalPlace = {
    mode: canalMode(application),
    application,
    destination,
    group: chosen.find(({ mapping }) => mapping.groupId !== undefined)?.mapping.groupId,
    dataSource,
    adapter: findAdapter(chosen[0], adapters),
  };
  const source = canalSource(place);
  const sink = canalSink(place);
  const taken = new Set<string>();
  const relations = collectRelations(chosen);
  const database = dataSource?.database ?? "DATABASE";
  return {
    origin: `the configuration of Canal's Elasticsearch adapter in ${options.folder}`,
    name: nameOf(destination, "canal"),
    sections: { source: source.keys, sink: sink.keys, ...sink.more },
    rules: chosen.map((file) => importCanalMapping(file, { database, relations, taken })),
    notes: [
      ...source.notes,
      ...sink.notes,
      ...folderNotes(folders),
      ...otherNotes(others),
      ...batchNotes(chosen),
      VALUES_NOTE,
    ],
    variables: [
      ...(dataSource?.hasPassword === false ? [] : [VARIABLES.mysql]),
      ...(place.adapter?.auth?.includes(":") ? [VARIABLES.elasticsearch] : []),
    ],
  };
}

const VALUES_NOTE: ImportNote = {
  place: "values",
  message:
    "Canal's adapter converts values to the type that the index's mapping has: 1 to true for a boolean, text with commas to a list, dates with the machine's zone.",
  remedy:
    "Here a field has its column's type: `tailrace check` names fields that do not fit the index; write bool(x), split(x, ',') or a cast in the query.",
};

/** The mappings of the folders that an adapter of application.yml reads; without any, of the newest. */
function chooseFiles(
  { mappings }: CanalFolder,
  adapters: readonly CanalAdapter[],
): { readonly files: readonly CanalFile[]; readonly folders: readonly string[] } {
  const wanted = adapters.map((adapter) => adapter.folder);
  const present = [...mappings.keys()].filter((name) => mappings.get(name)?.length);
  const known = present.filter((name) => wanted.includes(name));
  const folders = known.length > 0 ? known : present.slice(-1);
  const files = folders.flatMap((name) => mappings.get(name) ?? []);
  if (files.length > 0)
    return { files, folders: present.filter((name) => !folders.includes(name)) };
  throw new TailraceError(
    "CONFIG_INVALID",
    "there is no mapping file: give the folder that has es6, es7 or es8 with .yml files in it",
  );
}

function chooseOne(
  what: string,
  found: readonly string[],
  wanted: string | undefined,
  folder: string,
): string {
  if (wanted !== undefined && found.includes(wanted)) return wanted;
  const [only = "", another] = found;
  if (wanted === undefined && another === undefined) return only;
  const names = found.map((name) => JSON.stringify(name)).join(", ");
  throw new TailraceError(
    "CONFIG_INVALID",
    `the mappings in ${folder} have ${found.length === 1 ? `the ${what}` : `several ${what}s:`} ${names}; a configuration has one: ${what === "destination" ? "choose with --destination" : "import their files from folders of their own"}`,
  );
}

function findAdapter(
  file: CanalFile | undefined,
  adapters: readonly CanalAdapter[],
): CanalAdapter | undefined {
  const { outerAdapterKey, destination, groupId } = file?.mapping ?? {};
  if (outerAdapterKey !== undefined)
    return adapters.find((adapter) => adapter.key?.toLowerCase() === outerAdapterKey.toLowerCase());
  return (
    adapters.find(
      ({ instance, group }) => instance === destination && (groupId ?? group) === group,
    ) ?? adapters[0]
  );
}

function batchNotes(files: readonly CanalFile[]): readonly ImportNote[] {
  if (files.every(({ mapping }) => mapping.esMapping.commitBatch === undefined)) return [];
  return [
    {
      place: "commitBatch",
      message: "it belongs to Canal's manual load.",
      remedy: "Nothing to do; batches grow by themselves.",
    },
  ];
}

function folderNotes(left: readonly string[]): readonly ImportNote[] {
  return left.map((name) => ({
    place: name,
    message: "its mappings were not read: no adapter of application.yml uses them.",
    remedy: `Import the folder ${name} alone if they are wanted.`,
  }));
}

function otherNotes(others: readonly string[]): readonly ImportNote[] {
  return others
    .filter((name) => name !== "logger")
    .map((name) => ({
      place: "application.yml: outerAdapters",
      message: `the adapter ${name} does not write Elasticsearch.`,
      remedy: "Let Canal's adapter go on for it.",
    }));
}
