import { type Connection, createConnection, type FieldPacket } from "mysql2/promise";
import { connectionOptions } from "../support/mysql.ts";

/** What MySQL says of an expression: its type and a value for each row, or an error. */
export interface Answer {
  /** Absent where every row fails. */
  readonly field?: FieldPacket;
  /** In the order of the row ids; a number is MySQL's error for that row. */
  readonly values: readonly (Buffer | null | number)[];
}

/** A session in which expressions mean what they mean in rules. */
export class Oracle implements AsyncDisposable {
  readonly #connection: Connection;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Opens a session on table `probe` of that database. */
  static async open(url: URL, database: string): Promise<Oracle> {
    const connection = await createConnection({ ...connectionOptions(url), database });
    await connection.query("SET NAMES utf8mb4; SET time_zone = '+00:00'; SET sql_mode = DEFAULT");
    return new Oracle(connection);
  }

  /** The values of the expressions for the rows with these ids. Where a statement fails its halves are asked, at last each row by itself. */
  async ask(expressions: readonly string[], ids: readonly number[]): Promise<readonly Answer[]> {
    const result = await this.#select(expressions, ids);
    if (typeof result !== "number") {
      return expressions.map((_, i) => ({
        field: result.fields[i]!,
        values: result.rows.map((row) => row[i]!),
      }));
    }
    if (expressions.length > 1) {
      const half = expressions.length >> 1;
      return [
        ...(await this.ask(expressions.slice(0, half), ids)),
        ...(await this.ask(expressions.slice(half), ids)),
      ];
    }
    return [ids.length === 1 ? { values: [result] } : await this.askRowByRow(expressions[0]!, ids)];
  }

  /** The values of one expression, each row in a statement of its own. */
  async askRowByRow(expression: string, ids: readonly number[]): Promise<Answer> {
    let field: FieldPacket | undefined;
    const values: (Buffer | null | number)[] = [];
    for (const id of ids) {
      const [answer] = await this.ask([expression], [id]);
      field ??= answer!.field;
      values.push(answer!.values[0]!);
    }
    return { ...(field !== undefined && { field }), values };
  }

  async #select(
    expressions: readonly string[],
    ids: readonly number[],
  ): Promise<number | { rows: (Buffer | null)[][]; fields: FieldPacket[] }> {
    const sql = `SELECT ${expressions.map((expression, i) => `${expression} AS x${i}`).join(",\n")}\nFROM probe WHERE id IN (${ids.join(",")}) ORDER BY id`;
    try {
      const [rows, fields] = await this.#connection.query({
        sql,
        rowsAsArray: true,
        typeCast: false,
      });
      return { rows: rows as unknown as (Buffer | null)[][], fields };
    } catch (error) {
      const { errno } = error as { readonly errno?: number };
      if (errno === undefined) throw error;
      return errno;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection.end();
  }
}
