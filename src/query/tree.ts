/** An expression as it is written. `at` is an offset into the text: the operator's, or where a name, literal or call begins. */
export type Expression =
  | LiteralExpression
  | { readonly kind: "column"; readonly name: string; readonly at: number }
  | CallExpression
  | {
      readonly kind: "case";
      /** `CASE operand WHEN …`; null in `CASE WHEN condition …`. */
      readonly operand: Expression | null;
      readonly branches: readonly { readonly when: Expression; readonly then: Expression }[];
      readonly otherwise: Expression | null;
      readonly at: number;
    }
  | {
      readonly kind: "cast";
      readonly argument: Expression;
      readonly to: CastTarget;
      readonly at: number;
    }
  | {
      readonly kind: "collate";
      readonly argument: Expression;
      /** As written, in lower case. */
      readonly collation: string;
      readonly at: number;
    }
  /** `INTERVAL 3 DAY`; only as the argument of date arithmetic. `unit` is in lower case (`day`, `minute_second`). */
  | {
      readonly kind: "interval";
      readonly count: Expression;
      readonly unit: string;
      readonly at: number;
    };

/**
 * A function or an operator with its arguments. Operators are calls of their own sign or word: `+ - * / % div mod`, unary `neg` and `plus`, `= <=> <> < <= > >=`, `and or
 * xor not`, `& | ^ ~ << >>`, `in` (the first argument against the rest), `between` (three arguments), `like` (two or three: ESCAPE), `regexp`, `is null`, `is true`, `is false`,
 * `is unknown`, `->`, `->>`, `binary`, `member of`; their negations are `not` of them (`!=` is `<>`, `!` is `not`, `&&` is `and`, `||` is `or`). Names of functions are in lower case; what stands as
 * keywords in an argument list becomes arguments (`trim(both 'x' from a)` is `trim_both(a, 'x')`, `extract(year from d)` is `extract_year(d)`, `substring(a from 2 for 3)` is
 * `substring(a, 2, 3)`, `position(a in b)` is `locate(a, b)`, `date + interval 1 day` is `date_add(date, interval)`, `timestampdiff(day, a, b)` is `timestampdiff_day(a, b)`,
 * `get_format(date, 'EUR')` is `get_format_date('EUR')`); `char(n using cs)` and `convert(x using cs)` are casts to CHAR of that character set, to `binary` BINARY.
 */
export interface CallExpression {
  readonly kind: "call";
  readonly name: string;
  readonly arguments: readonly Expression[];
  readonly at: number;
}

/** A literal; digits of numbers as they are written. */
export type LiteralExpression =
  | { readonly kind: "literal"; readonly type: "null"; readonly at: number }
  | {
      readonly kind: "literal";
      readonly type: "boolean";
      readonly value: boolean;
      readonly at: number;
    }
  /** `12`, `1.50`, `1e3`: MySQL takes them for an integer, a DECIMAL and a DOUBLE. */
  | {
      readonly kind: "literal";
      readonly type: "integer" | "decimal" | "double";
      readonly text: string;
      readonly at: number;
    }
  /** Escapes are resolved, neighbours joined. */
  | {
      readonly kind: "literal";
      readonly type: "string";
      readonly value: string;
      readonly at: number;
    }
  /** `x'00ff'`, `0xff`, `b'01'`, `0b01`. */
  | {
      readonly kind: "literal";
      readonly type: "bytes";
      readonly value: Uint8Array;
      readonly at: number;
    }
  /** `DATE '2026-01-02'`, `TIME '…'`, `TIMESTAMP '…'`. */
  | {
      readonly kind: "literal";
      readonly type: "date" | "time" | "timestamp";
      readonly text: string;
      readonly at: number;
    };

/** What CAST and CONVERT make. */
export type CastTarget =
  | { readonly type: "signed" | "unsigned" | "double" | "float" | "date" | "year" | "json" }
  | { readonly type: "decimal"; readonly precision: number; readonly scale: number }
  /** `length` absent = as long as the value. */
  | { readonly type: "char" | "binary"; readonly length?: number; readonly charset?: string }
  | { readonly type: "datetime" | "time"; readonly fraction: number };

/** What a SELECT names. */
export type SelectItem =
  | {
      readonly kind: "field";
      /** The alias, or the column's name. */
      readonly name: string;
      readonly expression: Expression;
      readonly at: number;
    }
  /** `*`: all columns that are not hidden, but these. */
  | {
      readonly kind: "star";
      readonly except: readonly { readonly name: string; readonly at: number }[];
      readonly at: number;
    };

/** `SELECT … FROM … WHERE …`. */
export interface Query {
  readonly items: readonly SelectItem[];
  /** A table or a pattern of tables in the canonical spelling of `parseTablePattern`; `%` in it was written for `*`, but in back-ticks stands for itself. */
  readonly table: string;
  readonly where: Expression | null;
}

/** Text with expressions in braces, `orders-{year(created_at)}`; `{{` and `}}` stand for braces. */
export type Template = readonly (string | Expression)[];
