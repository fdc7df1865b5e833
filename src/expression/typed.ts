import type { ColumnValue } from "../core/sql-value.ts";
import type { SqlType } from "./sql-type.ts";

/** A compiled expression: its type and JavaScript source of a value in the form of that type. */
export interface Typed {
  readonly type: SqlType;
  /** Can it be NULL? Source of what cannot never gives null. */
  readonly isNullable: boolean;
  /**
   * A JavaScript expression. Parenthesised where it is no primary one. Evaluating it has no effect but to set temporaries, costs what it costs each time
   * (use {@link Scope.temporary} where a value is needed twice), and may throw a {@link RowError}.
   */
  readonly source: string;
  /**
   * Of truth values: a JavaScript condition that holds if the value is TRUE, and not if it is FALSE or NULL. Cheaper than `source`, which is not evaluated beside it
   * (`testOf` gives one for any value).
   */
  readonly test?: string;
  /** Nothing but a column: MySQL converts constants to its type before it compares them. */
  readonly isColumn?: true;
  /** The value as text, where that is not what its type would make of it: IF and CASE show the digits of a decimal that the chosen value has. */
  readonly text?: Typed;
  /** Of IF and CASE whose values have several types: the conditions and the values, of which the last has none. A conversion of it is one of the value that is chosen. */
  readonly chosen?: { readonly tests: readonly string[]; readonly values: readonly Typed[] };
  /** A date of which zero parts are taken (LAST_DAY): the same where they are not, for what is added to it or converted. */
  readonly realDate?: Typed;
  /** A date that IF, CASE, COALESCE or GREATEST chose, or a text that may be one: compared, whether it is NULL depends on what chose it. */
  readonly isChosenDate?: true;
  /** The value as an integer, where that is not what its type would make of it: UNIX_TIMESTAMP is cut. */
  readonly integer?: Typed;
  /** The value in JSON, where that is not what its type would make of it: UNIX_TIMESTAMP has as many digits there as the value needs. */
  readonly json?: Typed;
  /** A decimal that GREATEST or LEAST chose, or UNIX_TIMESTAMP, which has in quotients the digits that the value had. */
  readonly hasOwnDigits?: true;
  /** Of decimals: `source` of the same value as a number where it can be one (`numeric/exact.ts`), cheaper, and not evaluated beside it. It holds for as long as `source` is `of`. */
  readonly exact?: { readonly of: string; readonly source: string };
  /** What a column's text becomes where it is ASCII: each character as `map` has it (0: not by the map). It holds for as long as `source` is `of`. */
  readonly ascii?: { readonly of: string; readonly column: string; readonly map: Uint8Array };
  /** Why it cannot be taken for a number, if it cannot. */
  readonly notNumber?: string;
  /** Why it cannot be taken for a date or time, if it cannot. */
  readonly notTemporal?: string;
  /** A decimal that shows all digits of its type in JSON, too, as columns, literals and CASTs do. */
  readonly hasAllDigits?: true;
  /** The error of MySQL that its evaluation may end with although the arguments are plain values: it stands by itself only, for others might hide it. */
  readonly raises?: string;
  /** The value where it is known when compiling: literals, and what is computed of them. */
  readonly constant?: { readonly value: ColumnValue | null };
  /** It is made of values that are known, and an error: where MySQL evaluates those beforehand, the whole statement fails. */
  readonly alwaysFails?: true;
  /** Offset of the expression in the text, for messages. */
  readonly at: number;
}

/** What compiling an expression works with. */
export interface Scope {
  /** The column of that name, whatever its case. Throws RULE_COLUMN_UNKNOWN. */
  column(name: string, at: number): Typed;
  /** The name under which the source has this value (a function, a table, a constant). The same for the same value. */
  bind(value: unknown): string;
  /** A variable of the compiled function that the source may assign to, `(t1 = …, t1 === null ? null : …)`. */
  temporary(): string;
  /** Throws RULE_EXPRESSION_UNSUPPORTED with the place and the reason: what cannot be evaluated as MySQL does is refused, never approximated. */
  refuse(at: number, why: string): never;
}

/** A row for which MySQL would end a SELECT with an error (a number out of range): it becomes a dead letter, and the stream goes on. */
export class RowError extends Error {
  /** MySQL's error number, 1690 for ER_DATA_OUT_OF_RANGE. */
  readonly errno: number;

  constructor(errno: number, message: string) {
    super(message);
    this.name = "RowError";
    this.errno = errno;
  }
}
