import type { CallExpression, LiteralExpression } from "./tree.ts";

/** A call of an operator or a function. */
export function call(
  name: string,
  args: readonly CallExpression["arguments"][number][],
  at: number,
): CallExpression {
  return { kind: "call", name, arguments: args, at };
}

/** A literal string. */
export function text(value: string, at: number): LiteralExpression {
  return { kind: "literal", type: "string", value, at };
}
