import type { Expression } from "../query/tree.ts";
import type { Scope, Typed } from "./typed.ts";

/** A call that is being compiled. */
export interface Call {
  readonly name: string;
  readonly at: number;
  readonly scope: Scope;
  /** The arguments as they are written, for those that are not values (intervals). */
  readonly written: readonly Expression[];
}

/** A function or an operator: infers the result's type as MySQL does and makes the source. */
export interface SqlFunction {
  /** Least and most arguments. */
  readonly arity: readonly [number, number];
  /** `args` are compiled in order; an `interval` argument is given as its count. Refuses by `call.scope.refuse`. */
  compile(args: readonly Typed[], call: Call): Typed;
}

/** Functions by name, as {@link CallExpression} spells it. Each group is a file's whole table. */
export type FunctionTable = Readonly<Record<string, SqlFunction>>;
