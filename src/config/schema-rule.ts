import { z } from "zod";
import { indexKey, tableKey, textKey } from "./schema-values.ts";

const columns = () => z.array(textKey()).min(1, { error: "must name at least one column" });

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
      .prefault({})
      .meta({
        title: "table of names",
        examples: [{ created_at: "created" }],
        description: "Field names that differ from the column's.",
      }),
  })
  .prefault({})
  .meta({ description: "Which columns become fields, and under which names." });

/** One `[[rules]]` table: a table, or the tables of a pattern, and the index that their rows go to. */
export const ruleSchema = z
  .strictObject({
    table: tableKey().meta({
      description:
        "`database.table`. `*` stands for any characters and `#` for a number, so that `shop.order_#` is `order_0`, `order_1`, …; odd names go in back-ticks. A pattern never takes system databases nor the work tables of gh-ost and pt-online-schema-change.",
    }),
    index: indexKey()
      .optional()
      .meta({
        description:
          "The index written; required but for a Kafka sink, of whose rules only the table counts.",
        examples: ["orders"],
      }),
    id: columns()
      .optional()
      .meta({
        description:
          "The columns that make the document id, in this order. Absent: the primary key. They must be NOT NULL and together identify a row.",
        examples: [["tenant", "number"]],
      }),
    fields,
    upsert: z.boolean().prefault(false).meta({
      description:
        "Update only the fields of this rule (`doc_as_upsert`) instead of writing the whole document; for documents that have other writers. Such writes carry no version.",
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
  })
  .meta({ title: "rule" });

/** A rule as it stands in the file, checked, defaults filled in. */
export type RuleDocument = z.output<typeof ruleSchema>;
