import { RESERVED_WORDS } from "./reserved-words.ts";
import type { CastTarget, Expression, LiteralExpression } from "./tree.ts";

const BINARY = new Set(
  "+ - * / % div mod = <=> <> < <= > >= and or xor & | ^ << >> regexp -> ->>".split(" "),
);

const PREFIX: Readonly<Record<string, string>> = {
  neg: "- ",
  plus: "+ ",
  "~": "~ ",
  not: "not ",
  binary: "binary ",
};

/** The expression as SQL that means the same in MySQL, with parentheses around every operator. */
export function printExpression(expression: Expression): string {
  const print = printExpression;
  switch (expression.kind) {
    case "literal":
      return printLiteral(expression);
    case "column":
      return printName(expression.name);
    case "call":
      return printCall(expression.name, expression.arguments);
    case "case": {
      const operand = expression.operand === null ? "" : ` ${print(expression.operand)}`;
      const branches = expression.branches.map(
        (branch) => ` when ${print(branch.when)} then ${print(branch.then)}`,
      );
      const otherwise = expression.otherwise === null ? "" : ` else ${print(expression.otherwise)}`;
      return `case${operand}${branches.join("")}${otherwise} end`;
    }
    case "cast":
      return `cast(${print(expression.argument)} as ${printTarget(expression.to)})`;
    case "collate":
      return `(${print(expression.argument)} collate ${expression.collation})`;
    case "interval":
      return `interval ${print(expression.count)} ${expression.unit}`;
  }
}

/** A name, in back-ticks where it needs them. */
export function printName(name: string): string {
  const isPlain = /^[a-z_][\w$]*$/i.test(name) && !RESERVED_WORDS.has(name.toLowerCase());
  return isPlain ? name : `\`${name.replaceAll("`", "``")}\``;
}

/** A string in quotes. */
export function printString(value: string): string {
  return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

function printLiteral(literal: LiteralExpression): string {
  switch (literal.type) {
    case "null":
      return "null";
    case "boolean":
      return `${literal.value}`;
    case "integer":
    case "decimal":
    case "double":
      return literal.text;
    case "string":
      return printString(literal.value);
    case "bytes":
      return `x'${Buffer.from(literal.value).toString("hex")}'`;
    case "date":
    case "time":
    case "timestamp":
      return `${literal.type} ${printString(literal.text)}`;
  }
}

function printCall(name: string, args: readonly Expression[]): string {
  const printed = args.map(printExpression);
  const [first = "", second = "", third = ""] = printed;
  if (BINARY.has(name) && args.length === 2) return infix(name, printed);
  if (Object.hasOwn(PREFIX, name) && args.length === 1) return `(${PREFIX[name]}${first})`;
  switch (name) {
    case "is null":
    case "is true":
    case "is false":
    case "is unknown":
      return `(${first} ${name})`;
    case "in":
      return `(${first} in (${printed.slice(1).join(", ")}))`;
    case "between":
      return `(${first} between ${second} and ${third})`;
    case "like":
      return `(${first} like ${second}${args.length > 2 ? ` escape ${third}` : ""})`;
    case "member of":
      return `(${first} member of (${second}))`;
  }
  const special = /^(trim|extract|timestampadd|timestampdiff|get_format)_(.*)$/.exec(name);
  if (special === null) return `${name}(${printed.join(", ")})`;
  const [, base, word] = special;
  if (base === "trim") return `trim(${word} ${second}${second === "" ? "" : " "}from ${first})`;
  if (base === "extract") return `extract(${word} from ${first})`;
  return `${base}(${[word, ...printed].join(", ")})`;
}

function infix(name: string, [left = "", right = ""]: readonly string[]): string {
  // A path stands behind its column directly.
  return name.startsWith("->") ? `${left}${name}${right}` : `(${left} ${name} ${right})`;
}

function printTarget(to: CastTarget): string {
  switch (to.type) {
    case "decimal":
      return `decimal(${to.precision}, ${to.scale})`;
    case "char":
    case "binary": {
      const length = to.length === undefined ? "" : `(${to.length})`;
      return `${to.type}${length}${to.charset === undefined ? "" : ` character set ${to.charset}`}`;
    }
    case "datetime":
    case "time":
      return `${to.type}(${to.fraction})`;
    default:
      return to.type;
  }
}
