import { z } from "zod";
import { tableKey, textKey } from "./schema-values.ts";

const columns = () => z.array(textKey()).min(1, { error: "must name at least one column" });

const anyScalar = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: "must be text in quotes, a number, true or false (in JSON also null)",
});

/** JSON rounds what a double cannot hold: better no rule than one of another number. */
function refuseRounded(value: unknown, context: z.core.$RefinementCtx): void {
  for (const each of Array.isArray(value) ? value : [value]) {
    if (!Number.isInteger(each) || Number.isSafeInteger(each)) continue;
    const message = "has a number of too many digits here: write a condition of SQL as text";
    context.addIssue({ code: "custom", message });
  }
}

const scalar = anyScalar.superRefine(refuseRounded);

const scalars = z
  .union([anyScalar, z.array(anyScalar).min(1, { error: "must have at least one value" })], {
    error:
      "must be text in quotes, a number, true or false, or a list of these (in JSON also null)",
  })
  .superRefine(refuseRounded);

const CASTS = ["string", "integer", "number", "boolean", "date", "list", "json"] as const;

const cast = z.union([z.enum(CASTS), z.strictObject({ list: textKey() })], {
  error: `must be ${CASTS.map((each) => `"${each}"`).join(", ")} or { list = "separator" }`,
});

const condition = (examples: readonly string[], description: string) =>
  textKey().optional().meta({ title: "condition", examples, description });

const fields = z
  .strictObject({
    include: columns()
      .optional()
      .meta({
        description: "The columns to take. Absent: all.",
        examples: [["id", "status", "total"]],
      }),
    exclude: columns()
      .optional()
      .meta({ description: "Columns to leave out.", examples: [["internal_note"]] }),
    rename: z
      .record(z.string(), textKey())
      .optional()
      .meta({
        title: "table of names",
        examples: [{ created_at: "created" }],
        description: "Field names that differ from the column's.",
      }),
    types: z
      .record(z.string(), cast)
      .optional()
      .meta({
        title: "table of types",
        examples: [{ tags: "list", attributes: "json" }],
        description:
          'What columns become. `"string"`: `CAST(column AS CHAR)`; `"integer"`: `CAST(column AS SIGNED)`; `"number"`: `column + 0`, which keeps all digits of exact numbers and reads text as a number; `"boolean"`: `bool(column)`; `"date"`: `to_datetime(column)`, which takes whole numbers for seconds since 1970 and all else as `CAST(column AS DATETIME(6))` does; `"list"`: `split(column, \',\')`, with another separator `{ list = "|" }`; `"json"`: `json(column)`, what JSON text says.',
      }),
    constants: z
      .record(z.string(), scalar)
      .optional()
      .meta({
        title: "table of values",
        examples: [{ kind: "order" }],
        description: "Fields that are the same in every document.",
      }),
  })
  .optional()
  .meta({
    description: "Which columns become fields, under which names and as what. Not with `query`.",
  });

/** One `[[rules]]` table: tables, and what becomes of their rows. */
export const ruleSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, {
        error: "must be 1 to 64 letters, digits, dots, hyphens or underscores",
      })
      .optional()
      .meta({
        description:
          "Names the rule in messages, metrics and commands. Absent: what the index's name begins with, or the table.",
        examples: ["orders"],
      }),
    query: textKey()
      .optional()
      .meta({
        title: "SELECT",
        description:
          "Which fields, tables and rows, as a `SELECT` with MySQL's meaning; see [rules.md](rules.md). In `FROM`, `%` stands for any characters of a name. It takes the place of `table`, `fields` and `where`.",
        examples: ["select id, price * qty as total from shop.orders where type in (1, 2)"],
      }),
    table: tableKey().optional().meta({
      description:
        "`database.table`, unless there is a `query`. `*` stands for any characters and `#` for a number, so that `shop.order_#` is `order_0`, `order_1`, …; odd names go in back-ticks. A pattern never takes system databases nor the work tables of gh-ost and pt-online-schema-change.",
    }),
    index: textKey()
      .optional()
      .meta({
        title: "index name",
        description:
          "The index written; required but for a Kafka sink, of whose rules only the table counts. `{expression}` in it is filled in for each row (`{{` is a brace).",
        examples: ["orders"],
      }),
    id: z
      .union([columns(), textKey()], {
        error: "must be a list of columns, or a text with {expression}",
      })
      .optional()
      .meta({
        title: "array of columns, or text",
        description:
          "The columns that make the document id, in this order, or a text with `{expression}`. Absent: the primary key. Columns must be NOT NULL; together they, or the text, must identify a row.",
        examples: [["tenant", "number"]],
      }),
    routing: textKey()
      .optional()
      .meta({
        title: "text",
        description:
          "The routing of documents: a text with `{expression}`; NULL and nothing mean none.",
        examples: ["{tenant}"],
      }),
    pipeline: textKey()
      .optional()
      .meta({
        description: "The ingest pipeline that documents pass; not with `upsert`.",
        examples: ["enrich"],
      }),
    fields,
    where: z
      .union([textKey(), z.record(z.string(), scalars)], {
        error: "must be a condition as text, or a table of columns and their values",
      })
      .optional()
      .meta({
        title: "condition, or table of values",
        description:
          "Only rows for which this is true have a document. A condition of SQL, or values by column: `where.type = [1, 2]` is `type in (1, 2)`. Not with `query`, which has a WHERE of its own.",
        examples: ["type in (1, 2)"],
      }),
    delete_when: condition(
      ["deleted_at is not null"],
      "Rows for which this condition is true have no document (soft delete).",
    ),
    transform: textKey()
      .optional()
      .meta({
        title: "path",
        description:
          "A script in JavaScript or TypeScript whose default export, `(doc, change) => doc | null`, has the last word on each document.",
        examples: ["./orders.ts"],
      }),
    mapping: z
      .record(z.string(), z.record(z.string(), z.unknown()))
      .optional()
      .meta({
        title: "table of fields",
        description:
          "Definitions of fields in the index's mapping, in Elasticsearch's words, in place of those derived from the types; and of the fields that a script or an ingest pipeline adds.",
        examples: [{ note: { type: "text", analyzer: "english" } }],
      }),
    upsert: z.boolean().prefault(false).meta({
      description:
        "Update only the fields of this rule (`doc_as_upsert`) instead of writing the whole document; for documents that have other writers. Rules that write one index so must name their `id` and fields that no other writes. Such writes carry no version.",
    }),
    on_delete: z
      .enum(["delete", "clear"])
      .optional()
      .meta({
        description:
          'With `upsert`, when a row goes: `"delete"` the document (so it is when this is absent), or `"clear"`: set the rule\'s fields to null. Required where several rules write one index with `upsert`.',
        examples: ["delete"],
      }),
    create_index: z.boolean().prefault(true).meta({
      description:
        "Create the index with a mapping derived from the column types when it is missing, and add fields that are missing from its mapping.",
    }),
    dynamic: z
      .enum(["strict", "false"], { error: 'must be "strict" or "false", in quotes' })
      .prefault("strict")
      .meta({
        description:
          'What an index that is created does with fields outside its mapping: refuse the document (`"strict"`) or keep them unsearchable (`"false"`).',
      }),
    decimals: z.enum(["auto", "number", "string"]).prefault("auto").meta({
      description:
        "DECIMAL columns: `number` writes all digits as a number into a `scaled_float` (searched as a double), `string` as a string into a `keyword`; `auto` is `number` up to 15 digits, which a double holds exactly.",
    }),
    on_truncate: z.enum(["keep", "delete", "stop"]).prefault("keep").meta({
      description:
        "After TRUNCATE or DROP of the table: keep the documents and record a gap, delete them, or stop the pipeline. `delete` needs an index of the table's own.",
    }),
    cascade: z.enum(["ignore", "synthesize"]).prefault("ignore").meta({
      description:
        "Rows that a foreign key with ON DELETE CASCADE or SET NULL changes are not in the log of MySQL before 9.6 and of MariaDB. `synthesize`: when a row of the parent table goes or changes its key, the rows of this table that referred to it are looked for in the index and read again.",
    }),
  })
  .meta({ title: "rule" });

/** A rule as it stands in the file, checked, defaults filled in. */
export type RuleDocument = z.output<typeof ruleSchema>;

/** One `[[tests]]` table: a row, and the document that a rule must make of it. */
export const testSchema = z
  .strictObject({
    name: textKey().meta({
      description: "What is tested, as a sentence.",
      examples: ["a paid order has a total"],
    }),
    rule: textKey().meta({ description: "The rule by name.", examples: ["orders"] }),
    table: textKey()
      .optional()
      .meta({
        title: "table",
        description: "`database.table`; needed where the rule's is a pattern.",
        examples: ["shop.order_1"],
      }),
    row: z.record(z.string(), z.unknown()).meta({
      title: "table of values",
      description:
        "Values by column, as SQL literals would give them; columns that are missing are NULL.",
      examples: [{ id: 1, price: "2.50", qty: 2 }],
    }),
    expect: z
      .union([z.record(z.string(), z.unknown()), z.literal("none"), z.null()], {
        error: 'must be the document as a table, or "none"',
      })
      .meta({
        title: "table of fields, or none",
        description: 'The document, or `"none"` when the row has none.',
        examples: [{ id: 1, total: 5 }],
      }),
    place: z
      .strictObject({
        index: textKey()
          .optional()
          .meta({ description: "The index that it must go to.", examples: ["orders-2026"] }),
        id: textKey()
          .optional()
          .meta({ description: "The id that it must have.", examples: ["1"] }),
        routing: z
          .string()
          .optional()
          .meta({ description: "The routing that it must have.", examples: ["acme"] }),
      })
      .optional()
      .meta({ description: "Where the document must go, as far as it is given." }),
  })
  .meta({ title: "test" });

/** A test as it stands in the file, checked. */
export type TestDocument = z.output<typeof testSchema>;
