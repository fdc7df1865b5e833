import { codePointCollator, type Collator, weightCollator } from "./collator.ts";
import { WEIGHT_TABLES } from "./tables.ts";
import { type CharacterWeights, unpackWeights } from "./weights.ts";

type TableName = keyof typeof WEIGHT_TABLES;

/** What is known of a collation: by which table it compares, or by code points, and whether it pads. */
type Definition =
  | { readonly by: "codes"; readonly isPadded: boolean }
  | { readonly by: TableName; readonly isPadded: boolean; readonly levels: number };

const DEFINITIONS: Readonly<Record<string, Definition>> = {
  utf8mb4_0900_ai_ci: { by: "uca900", isPadded: false, levels: 1 },
  utf8mb4_0900_as_ci: { by: "uca900", isPadded: false, levels: 2 },
  utf8mb4_0900_as_cs: { by: "uca900", isPadded: false, levels: 3 },
  utf8mb4_0900_bin: { by: "codes", isPadded: false },
  utf8mb4_bin: { by: "codes", isPadded: true },
  utf8mb3_bin: { by: "codes", isPadded: true },
  utf8mb4_general_ci: { by: "general", isPadded: true, levels: 1 },
  utf8mb3_general_ci: { by: "general", isPadded: true, levels: 1 },
  utf8mb4_unicode_ci: { by: "uca400", isPadded: true, levels: 1 },
  utf8mb3_unicode_ci: { by: "uca400", isPadded: true, levels: 1 },
  utf8mb4_unicode_520_ci: { by: "uca520", isPadded: true, levels: 1 },
  utf8mb3_unicode_520_ci: { by: "uca520", isPadded: true, levels: 1 },
  latin1_swedish_ci: { by: "latin1_swedish_ci", isPadded: true, levels: 1 },
  latin1_general_ci: { by: "latin1_general_ci", isPadded: true, levels: 1 },
  latin1_general_cs: { by: "latin1_general_cs", isPadded: true, levels: 1 },
  latin1_german1_ci: { by: "latin1_german1_ci", isPadded: true, levels: 1 },
  latin1_danish_ci: { by: "latin1_danish_ci", isPadded: true, levels: 1 },
  latin1_spanish_ci: { by: "latin1_spanish_ci", isPadded: true, levels: 1 },
  latin1_bin: { by: "latin1_bin", isPadded: true, levels: 1 },
  // of ASCII's characters both make the same
  ascii_general_ci: { by: "general", isPadded: true, levels: 1 },
  ascii_bin: { by: "codes", isPadded: true },
};

/** Names of the collations that rules can compare by. */
export const COLLATION_NAMES: readonly string[] = Object.keys(DEFINITIONS);

const weightTables = new Map<TableName, CharacterWeights>();
const collators = new Map<string, Collator>();

/** The collation of that name; undefined where its weights are not known. The first use of a table takes some ten milliseconds. */
export function collatorNamed(name: string): Collator | undefined {
  const canonical = canonicalCollation(name);
  let collator = collators.get(canonical);
  if (collator === undefined) {
    const definition = DEFINITIONS[canonical];
    if (definition === undefined) return undefined;
    collator =
      definition.by === "codes"
        ? codePointCollator(definition.isPadded)
        : weightCollator(weightsNamed(definition.by), {
            ...definition,
            isAlgorithm: definition.by.startsWith("uca"),
          });
    collators.set(canonical, collator);
  }
  return collator;
}

/** `utf8_bin` is an older name of `utf8mb3_bin`. */
export function canonicalCollation(name: string): string {
  return name.startsWith("utf8_") ? `utf8mb3_${name.slice(5)}` : name;
}

/** The character set of a collation, by which its name begins. */
export function charsetOfCollation(name: string): string {
  return canonicalCollation(name).split("_", 1)[0] ?? name;
}

function weightsNamed(name: TableName): CharacterWeights {
  let weights = weightTables.get(name);
  if (weights === undefined) {
    weights = unpackWeights(WEIGHT_TABLES[name]);
    weightTables.set(name, weights);
  }
  return weights;
}
