import { UNSUPPORTED_FUNCTIONS } from "../../src/expression/unsupported.ts";
import { CATALOGUE, type Group, type Template, WORDS } from "./catalogue.ts";
import { type Kind, PROBE_COLUMNS } from "./probe-table.ts";
import type { Random } from "./random.ts";
import * as values from "./values.ts";

/** Functions that are refused whatever their arguments. */
const UNSUPPORTED = new Set(UNSUPPORTED_FUNCTIONS.flatMap(({ names }) => names));

/** An expression that was made up: its SQL, and its parts for shrinking. */
export interface Sample {
  readonly sql: string;
  /** The outermost template; null of a column or a literal. */
  readonly template: Template | null;
  readonly parts: readonly Sample[];
  /** The SQL around the parts: one more than there are parts. */
  readonly around: readonly string[];
}

/** Makes up expressions. `isUsable` says whether a part has a chance: what is refused is tried again a few times. */
export class Generator {
  readonly #random: Random;
  readonly #isUsable: (sql: string, template: Template) => boolean;
  readonly #templates: readonly Template[];

  constructor(
    random: Random,
    isUsable: (sql: string, template: Template) => boolean = () => true,
    groups?: readonly Group[],
  ) {
    this.#random = random;
    this.#isUsable = isUsable;
    this.#templates = CATALOGUE.filter(
      ({ group, sql }) =>
        (groups?.includes(group) ?? true) && !UNSUPPORTED.has(/^\w+/.exec(sql)?.[0] ?? ""),
    );
  }

  /** An expression of functions nested up to `depth`. */
  expression(depth: number): Sample {
    if (this.#random.chance(0.02)) return this.#part("any", 0);
    return this.#call(this.#templates, depth);
  }

  #call(templates: readonly Template[], depth: number): Sample {
    for (let attempt = 0; ; attempt++) {
      const template = this.#random.pick(templates);
      const sample = this.#fill(template, depth);
      if (attempt === 3 || this.#isUsable(sample.sql, template)) return sample;
    }
  }

  #fill(template: Template, depth: number): Sample {
    const around: string[] = [];
    const parts: Sample[] = [];
    let text = "";
    for (const [i, piece] of template.sql.split(/[{}]/).entries()) {
      const words = WORDS[piece];
      if (i % 2 === 0) text += piece;
      else if (words !== undefined) text += this.#random.pick(words);
      else {
        const part = this.#part(piece, depth - 1);
        const needsNoParentheses =
          template.isAtomic || (part.template?.isAtomic ?? true) || this.#random.chance(0.1);
        around.push(needsNoParentheses ? text : `${text}(`);
        text = needsNoParentheses ? "" : ")";
        parts.push(part);
      }
    }
    around.push(text);
    return { sql: join(around, parts), template, parts, around };
  }

  #part(hole: string, depth: number): Sample {
    const kind = this.#kindFor(hole);
    if (depth > 0 && this.#random.chance(0.55)) {
      const fitting = this.#templates.filter((template) => template.result === kind);
      if (fitting.length > 0) return this.#call(fitting, depth);
    }
    const sql =
      this.#random.chance(0.68) || kind === "label" ? this.#column(kind) : this.#literal(kind);
    return { sql, template: null, parts: [], around: [sql] };
  }

  #kindFor(hole: string): Kind {
    const random = this.#random;
    if (hole === "any" || random.chance(0.06)) return random.pick(ALL_KINDS);
    if (hole === "num") return random.pick(["int", "dec", "dbl"]);
    if (hole === "temporal") return random.pick(["date", "datetime", "time", "datetime"]);
    return hole as Kind;
  }

  #column(kind: Kind): string {
    const wanted = kind === "bool" ? "int" : kind;
    return this.#random.pick(PROBE_COLUMNS.filter((column) => column.kind === wanted)).column.name;
  }

  #literal(kind: Kind): string {
    const random = this.#random;
    if (random.chance(0.06)) return "NULL";
    switch (kind) {
      case "int":
        return random.chance(0.7)
          ? String(random.below(20))
          : values.integers(-(1n << 63n), (1n << 64n) - 1n)(random);
      case "bool":
        return random.pick(["true", "false", "1", "0", "null"]);
      case "dec":
        return withPoint(values.decimals(1 + random.below(20), 1 + random.below(6))(random));
      case "dbl":
        return values.doubles(random);
      case "bin":
        return values.binaries(8)(random);
      case "date":
        return `date'${values.dateText(random, false)}'`;
      case "time":
        return `time'${values.timeText(random, random.pick([0, 3, 6]))}'`;
      case "datetime":
        return `timestamp'${values.dateText(random, false)} ${values.clockText(random, random.pick([0, 0, 3, 6]))}'`;
      case "json":
        return random.chance(0.5) ? `cast(${values.jsons(random)} as json)` : values.jsons(random);
      default:
        return values.texts(30, "any")(random);
    }
  }
}

const ALL_KINDS: readonly Kind[] = [
  "int",
  "dec",
  "dbl",
  "text",
  "text",
  "bin",
  "date",
  "time",
  "datetime",
  "json",
  "label",
  "bool",
];

/** Digits that MySQL takes for a DECIMAL. */
function withPoint(text: string): string {
  return text.includes(".") ? text : `${text}.0`;
}

function join(around: readonly string[], parts: readonly Sample[]): string {
  return around.map((text, i) => text + (parts[i]?.sql ?? "")).join("");
}

/** The sample with one of its parts replaced. */
export function withPart(sample: Sample, index: number, part: Sample): Sample {
  const parts = sample.parts.with(index, part);
  return { ...sample, parts, sql: join(sample.around, parts) };
}
