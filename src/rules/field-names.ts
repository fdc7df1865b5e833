import { TailraceError } from "../core/errors.ts";

/** Refuses what Elasticsearch cannot take: it makes objects of names with dots, keeps some with an underscore for itself, and merges equal ones. Throws RULE_FIELD_INVALID. */
export function checkFieldNames(names: readonly string[], place: string): void {
  const seen = new Set<string>();
  for (const name of names) {
    const why =
      name.trim() === ""
        ? "is empty"
        : name.startsWith(".") || name.endsWith(".") || name.includes("..")
          ? "has an empty part between dots"
          : RESERVED.has(name)
            ? "is one of Elasticsearch's own"
            : seen.has(name)
              ? "stands for two columns"
              : null;
    if (why !== null)
      throw new TailraceError(
        "RULE_FIELD_INVALID",
        `${place}: the field name ${JSON.stringify(name)} ${why}.`,
      );
    seen.add(name);
  }
}

const RESERVED = new Set([
  "_id",
  "_index",
  "_source",
  "_routing",
  "_version",
  "_type",
  "_field_names",
  "_ignored",
  "_seq_no",
  "_doc_count",
  "_tier",
  "_nested_path",
  "_data_stream_timestamp",
]);
