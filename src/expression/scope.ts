import type { Scope, Typed } from "./typed.ts";

/** Why an expression has no code: the code of the error, the place in the text and the reason. */
export type Fail = (
  code: "RULE_EXPRESSION_UNSUPPORTED" | "RULE_COLUMN_UNKNOWN",
  at: number,
  why: string,
) => never;

/** Where the expressions of one scope find columns, and what becomes of those that have no code. */
export interface ScopeOptions {
  /** The column with this name in lower case, its source included; undefined = there is none. */
  readonly column: (lowerName: string) => Omit<Typed, "at"> | undefined;
  /** Throws the error, with the text of the expression around the place where that is known. */
  readonly fail: Fail;
}

/** A scope whose code is put together by its creator: declare the temporaries, give the bindings as parameters. */
export interface CodeScope extends Scope {
  /** What the source names, by name; complete when all expressions are compiled. */
  readonly bindings: Readonly<Record<string, unknown>>;
  /** Variables that the source assigns to. */
  readonly temporaries: readonly string[];
}

/** A scope for expressions that become part of one function. Its names begin with `x_` (bindings) and `t_` (temporaries). */
export function createScope(options: ScopeOptions): CodeScope {
  const bindings: Record<string, unknown> = {};
  const names = new Map<unknown, string>();
  const temporaries: string[] = [];
  return {
    bindings,
    temporaries,
    column(name, at) {
      const column = options.column(name.toLowerCase());
      if (column === undefined)
        return options.fail("RULE_COLUMN_UNKNOWN", at, `there is no column ${name}`);
      return { ...column, at };
    },
    bind(value) {
      let name = names.get(value);
      if (name === undefined) {
        name = `x_${names.size}${typeof value === "function" ? identifier(value.name) : ""}`;
        names.set(value, name);
        bindings[name] = value;
      }
      return name;
    },
    temporary() {
      const name = `t_${temporaries.length}`;
      temporaries.push(name);
      return name;
    },
    refuse: (at, why) => options.fail("RULE_EXPRESSION_UNSUPPORTED", at, why),
  };
}

/** `_name`, so that generated code can be read; nothing where the name is no plain identifier. */
function identifier(name: string): string {
  return /^\w+$/.test(name) ? `_${name}` : "";
}
