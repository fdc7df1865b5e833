/** What a stage needs of a logger; pino's own shape, so a pino logger fits. Identifiers in fields, never row values or secrets. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
