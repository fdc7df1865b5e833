import type { CanalFile } from "./canal-schema.ts";
import { type CanalField, type CanalQuery, readCanalSql } from "./canal-sql.ts";
import {
  firstFree,
  type ImportedRule,
  type ImportNote,
  nameOf,
  quoteColumn,
  quoteName,
  templateText,
  type TomlValue,
} from "./imported.ts";

/** What a mapping's rule depends on besides its file. */
export interface CanalRuleContext {
  /** The database of the data source; where the SQL names none. */
  readonly database: string;
  /** Definitions of the join fields of each index, `JSON.stringify([index, field])` to the relations. */
  readonly relations: ReadonlyMap<string, Readonly<Record<string, TomlValue>>>;
  /** Names that rules have already. */
  readonly taken: Set<string>;
}

/**
 * The rule for a mapping. Fields become a query; the one that `_id` names is no field but the id (ES7xTemplate.java, getESDataFromDmlData); `skips` are left out;
 * `objFields` become lists and objects; `relations` a join field and the routing.
 */
export function importCanalMapping(from: CanalFile, context: CanalRuleContext): ImportedRule {
  const { file, mapping } = from;
  const { esMapping } = mapping;
  const place = `${file}: esMapping`;
  const name = firstFree(nameOf(file.replace(/^.*\/|\.ya?ml$/g, ""), "rule"), context.taken);
  const query = readCanalSql(esMapping.sql);
  const notes = [...mappingNotes(from)];
  if ("problem" in query) {
    const keys = { name, index: templateText(esMapping._index), query: `${esMapping.sql}\n` };
    const obstacle = { message: `the SQL has no equivalent: ${query.problem}.`, remedy: REWRITE };
    return { place, keys, notes, obstacle };
  }
  const foreign = query.fields.filter((field) => field.isForeign).map((field) => field.name);
  const id = query.fields.find((field) => field.name === esMapping._id);
  const obstacle = findObstacle(from, query, { id, foreign });
  if (query.where !== null)
    notes.push(
      noteOf(
        file,
        "sql",
        "Canal takes no WHERE in the SQL of a mapping: single tables ignored it.",
        "Here it holds; take it out if all rows should have a document.",
      ),
    );
  const isPart = query.joins.length > 0;
  const keys = {
    name,
    index: templateText(esMapping._index),
    ...(id === undefined ? {} : { id: writeId(id) }),
    ...routing(from, query),
    ...(esMapping.upsert || isPart ? { upsert: true, on_delete: "delete" } : {}),
    query: writeQuery(from, query, context),
    ...joinMapping(from, context),
  };
  return { place, keys, notes, obstacle };
}

const REWRITE = "Write the rule anew with docs/rules.md.";

function noteOf(file: string, key: string, message: string, remedy: string): ImportNote {
  return { place: `${file}: ${key}`, message, remedy };
}

function findObstacle(
  { mapping: { esMapping } }: CanalFile,
  query: CanalQuery,
  { id, foreign }: { readonly id: CanalField | undefined; readonly foreign: readonly string[] },
): ImportedRule["obstacle"] {
  if (query.joins.length > 0) {
    const fields = foreign.length === 0 ? "" : `, without ${foreign.join(", ")}`;
    return {
      message: `it joins ${query.joins.join(", ")}, and documents of several tables have no equivalent yet.`,
      remedy: `This is what the first table gives${fields}, as an upsert that leaves the other fields of existing documents alone. Take the fields into the first table (a column kept by the application or a trigger), or give each table that has the document's id such a rule.`,
    };
  }
  if (esMapping.syncByTimestamp)
    return {
      message:
        "syncByTimestamp: the documents came from a query every now and then, not from changes.",
      remedy: "Take the comment signs away if changes shall be followed.",
    };
  if (esMapping._id === undefined)
    return {
      message: `documents were found by a search for the field ${esMapping.pk ?? "pk"}, whatever their ids.`,
      remedy: "A rule needs an id: write the one that the documents have.",
    };
  if (id === undefined)
    return {
      message: `no field of the SQL is named ${esMapping._id}, which _id refers to.`,
      remedy: REWRITE,
    };
  return undefined;
}

function* mappingNotes({ file, mapping: { esMapping } }: CanalFile): Generator<ImportNote> {
  if (esMapping.etlCondition !== undefined)
    yield noteOf(
      file,
      "etlCondition",
      "it chose rows for Canal's manual load (/etl), and nothing in the stream.",
      "It was left out; a condition for all rows belongs into the query's WHERE.",
    );
  for (const [field, text] of Object.entries(esMapping.objFields)) {
    const separator = separatorOf(text);
    if (separator !== null && /[.*+?^$()[\]{}|\\]/.test(separator.written))
      yield noteOf(
        file,
        `objFields.${field}`,
        `the separator ${separator.written} was a regular expression.`,
        `Here it is the text ${JSON.stringify(separator.text)}: compare it with the values.`,
      );
    else if (separator === null && !text.startsWith("object"))
      yield noteOf(
        file,
        `objFields.${field}`,
        `"${text}" made NULL of every value (ESSyncUtil.java knows array:… and object only).`,
        "Here the text is read as JSON.",
      );
  }
}

/** `array:;` — what stands behind the colon, and that without its escapes. */
function separatorOf(text: string): { readonly written: string; readonly text: string } | null {
  if (!text.startsWith("array:")) return null;
  const written = text.slice("array:".length).trim();
  return { written, text: written.replaceAll(/\\(\W)/g, "$1") };
}

/** A column, or a template: of CONCAT its arguments, else the expression. */
function writeId(id: CanalField): TomlValue {
  if (id.column !== null) return [id.column];
  if (id.concat === null || id.concat.includes(null)) return `{${id.expression}}`;
  const parts = id.concat.map((argument) => {
    if (argument === null) return "";
    return "text" in argument ? templateText(argument.text) : `{${quoteColumn(argument.column)}}`;
  });
  return parts.join("");
}

/** The parent's id routes a child to it (putRelationData). */
function routing({ mapping }: CanalFile, query: CanalQuery): Readonly<Record<string, TomlValue>> {
  for (const { parent } of Object.values(mapping.esMapping.relations)) {
    const field = query.fields.find((each) => each.name === parent);
    if (field !== undefined) return { routing: `{${field.expression}}` };
  }
  return {};
}

function writeQuery(
  { mapping: { esMapping } }: CanalFile,
  query: CanalQuery,
  context: CanalRuleContext,
): string {
  const fields = query.fields.flatMap((field): readonly string[] => {
    if (field.isForeign || field.name === esMapping._id) return [];
    if (esMapping.skips.includes(field.name)) return [];
    const objField = esMapping.objFields[field.name];
    const expression = objField === undefined ? field.expression : castObject(field, objField);
    if (field.name === "*" || (objField === undefined && field.column === field.name))
      return [expression];
    return [`${expression} as ${quoteColumn(field.name)}`];
  });
  for (const [name, { name: role, parent }] of Object.entries(esMapping.relations)) {
    const field = query.fields.find((each) => each.name === parent);
    const link = field === undefined ? "" : `, 'parent', cast(${field.expression} as char)`;
    fields.push(`object('name', ${quoteText(role)}${link}) as ${quoteColumn(name)}`);
  }
  const table = `${quoteTable(query.database ?? context.database)}.${quoteTable(query.table)}`;
  const where = query.where === null ? "" : `where ${query.where}\n`;
  return `select ${fields.join(",\n  ")}\nfrom ${table}\n${where}`;
}

function castObject(field: CanalField, text: string): string {
  const separator = separatorOf(text);
  if (separator === null) return `json(${field.expression})`;
  return `split(${field.expression}, ${quoteText(separator.text)})`;
}

function quoteText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

function quoteTable(name: string): string {
  return quoteColumn(name).startsWith("`") ? `\`${name.replaceAll("`", "``")}\`` : quoteName(name);
}

function joinMapping(
  { mapping: { esMapping } }: CanalFile,
  { relations }: CanalRuleContext,
): Readonly<Record<string, TomlValue>> {
  const fields = Object.keys(esMapping.relations).flatMap((field) => {
    const known = relations.get(JSON.stringify([esMapping._index, field]));
    return known === undefined ? [] : [[field, { type: "join", relations: known }] as const];
  });
  return fields.length === 0 ? {} : { mapping: Object.fromEntries(fields) };
}

/** The relations of each join field, from all mappings of its index: the role without a parent is the parent of the others, where there is just one. */
export function collectRelations(
  files: readonly CanalFile[],
): ReadonlyMap<string, Readonly<Record<string, TomlValue>>> {
  const roles = new Map<
    string,
    { readonly parents: Set<string>; readonly children: Set<string> }
  >();
  for (const { mapping } of files) {
    for (const [field, { name, parent }] of Object.entries(mapping.esMapping.relations)) {
      const key = JSON.stringify([mapping.esMapping._index, field]);
      const known = roles.get(key) ?? { parents: new Set(), children: new Set() };
      roles.set(key, known);
      (parent === undefined ? known.parents : known.children).add(name);
    }
  }
  return new Map(
    [...roles].flatMap(([key, { parents, children }]) => {
      const [parent, another] = parents;
      if (parent === undefined || another !== undefined || children.size === 0) return [];
      return [[key, { [parent]: [...children] }] as const];
    }),
  );
}
