import type { PipelineConfig } from "../../config/config.ts";
import { TailraceError } from "../../core/errors.ts";
import { openConnection } from "../../mysql/connection.ts";
import { describeServer } from "../../mysql/server.ts";
import { readTables } from "../../pipeline/read-tables.ts";
import { connectionOptions } from "../../pipeline/source.ts";
import { openJsonClient } from "../../sink/client.ts";
import { mappingOf, type Properties } from "../../sink/mapping.ts";
import {
  addFields,
  compareMapping,
  readMappings,
  type MappingDifference,
} from "../../sink/mapping-difference.ts";
import { planIndices, planRules, type PlannedIndex } from "../planned-rules.ts";
import { mysqlOf } from "../rule-test/live-schemas.ts";

/** What is asked for. */
export interface MappingRequest {
  /** Only the index of the rule of this name. */
  readonly rule?: string;
  readonly diff?: true;
  readonly apply?: true;
}

/** An index of the rules. */
export interface FoundMapping {
  /** Its name, or a pattern with `*` where rows choose it. */
  readonly index: string;
  /** The rules that write it, by name. */
  readonly rules: readonly string[];
  readonly mappings: { readonly dynamic: string; readonly properties: Properties };
  /** What keeps rules from being compiled, or from going together. */
  readonly problems: readonly string[];
  /** The indices of this name that exist, compared; empty when that was not asked for. */
  readonly indices: readonly ComparedIndex[];
}

/** A live index compared with what it should be. */
export interface ComparedIndex extends MappingDifference {
  /** Names of missing fields that have been added. */
  readonly added: readonly string[];
}

/** The mappings that the rules imply for the tables that exist, and what the indices lack of them. Throws CONFIG_INVALID, SOURCE_*, BULK_*. */
export async function findMappings(
  config: PipelineConfig | undefined,
  configs: readonly PipelineConfig[],
  request: MappingRequest,
): Promise<readonly FoundMapping[]> {
  if (config === undefined || config.topology === "capture") {
    throw new TailraceError("CONFIG_INVALID", "a capture writes records, which have no mapping");
  }
  const planned = await planLive(config, configs);
  const wanted = planned.filter(
    ({ rules }) =>
      request.rule === undefined || rules.some(({ rule }) => rule.name === request.rule),
  );
  if (wanted.length === 0) {
    const names = config.rules.map((rule) => rule.name).join(", ");
    throw new TailraceError(
      "CONFIG_INVALID",
      `there is no rule ${request.rule}; there are ${names}`,
    );
  }
  if (request.diff !== true && request.apply !== true) return wanted.map((each) => found(each, []));
  await using client = openJsonClient(config.sink);
  const result: FoundMapping[] = [];
  for (const each of wanted) {
    const properties = mappingOf(each.fields);
    const live = each.index === "*" ? [] : await readMappings(client, each.index);
    const indices: ComparedIndex[] = [];
    for (const one of live) {
      const difference = compareMapping(one, properties);
      const lacks = Object.keys(difference.missing).length > 0;
      const added =
        request.apply === true && lacks
          ? await addFields(client, difference.index, difference.missing)
          : {};
      indices.push({ ...difference, added: Object.keys(added) });
    }
    result.push(found(each, indices));
  }
  return result;
}

/** The indices of the rules, for the tables as the server defines them now. */
async function planLive(
  { rules }: PipelineConfig,
  configs: readonly PipelineConfig[],
): Promise<readonly PlannedIndex[]> {
  await using connection = await openConnection(connectionOptions(mysqlOf(configs)));
  const { lowerCaseTableNames } = await describeServer(connection);
  const caseSensitive = lowerCaseTableNames === 0;
  const tables = await readTables(connection, rules, { caseSensitive });
  const schemas = tables.map(({ schema }) => schema);
  return planIndices(planRules(rules, schemas, { caseSensitive }));
}

function found(planned: PlannedIndex, indices: readonly ComparedIndex[]): FoundMapping {
  const { index, rules, fields, spec, conflicts } = planned;
  const missing = rules.flatMap(({ rule, tables }) =>
    tables.length === 0 ? [`rule ${rule.name}: there is no table ${rule.table}`] : [],
  );
  const errors = new Set(rules.flatMap((each) => each.errors.map(({ message }) => message)));
  const against = conflicts.map(({ rule, message }) => `rule ${rule.name}: ${message}`);
  return {
    index,
    rules: rules.map(({ rule }) => rule.name),
    mappings: { dynamic: spec.dynamic, properties: mappingOf(fields) },
    problems: [...missing, ...errors, ...against],
    indices,
  };
}

/** The mappings for people: as the body of a request that would create the index, or what is different. */
export function describeMappings(
  mappings: readonly FoundMapping[],
  request: MappingRequest,
): string {
  const isCompared = request.diff === true || request.apply === true;
  return mappings
    .map((mapping) => {
      const { index, rules, problems } = mapping;
      const names = rules.length === 1 ? `rule ${rules[0]}` : `rules ${rules.join(", ")}`;
      const lines = [`# ${index} (${names})`];
      lines.push(...problems.map((problem) => `# problem: ${problem.replaceAll("\n", "\n# ")}`));
      if (isCompared) lines.push(...describeIndices(mapping));
      else lines.push(JSON.stringify({ mappings: mapping.mappings }, null, 2));
      return `${lines.join("\n")}\n`;
    })
    .join("\n");
}

function describeIndices({ index, indices }: FoundMapping): readonly string[] {
  if (indices.length === 0) {
    return [index === "*" ? "rows choose the index: there is none to compare" : "does not exist"];
  }
  return indices.flatMap((each) => {
    const lines = describeDifference(each);
    const text = lines.length === 0 ? "has all fields as they should be" : "differs:";
    return [`${each.index} ${text}`, ...lines.map((line) => `  ${line}`)];
  });
}

function describeDifference({ index, missing, different, extra, added }: ComparedIndex): string[] {
  const lines = Object.entries(missing).map(
    ([field, wanted]) =>
      `+ ${field}: ${spell(wanted)}, ${added.includes(field) ? "added" : "missing"}`,
  );
  const unfit = different.filter(({ fits }) => !fits);
  for (const { field, wanted, existing, fits } of different) {
    const comment = fits ? "takes all values all the same" : "may refuse values of the column";
    lines.push(`~ ${field}: ${spell(existing)}, should be ${spell(wanted)}: ${comment}`);
  }
  for (const [field, type] of Object.entries(extra)) {
    lines.push(`- ${field}: ${type}, which no rule writes`);
  }
  if (unfit.length > 0) {
    const names = unfit.map(({ field }) => field).join(", ");
    lines.push(
      `only a rebuild helps for ${names}: Elasticsearch changes no field of an index. Give the rule another index in place of ${index}, and read its tables again.`,
    );
  }
  return lines;
}

/** A definition without the fields below it. */
function spell(definition: Readonly<Record<string, unknown>>): string {
  const { properties: _, ...rest } = definition;
  const { type = "object", ...parameters } = rest;
  const list = Object.entries(parameters).map(([key, value]) => `${key} ${JSON.stringify(value)}`);
  const name = typeof type === "string" ? type : "object";
  return list.length === 0 ? name : `${name} (${list.join(", ")})`;
}
