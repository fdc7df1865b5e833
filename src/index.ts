/**
 * The public API for embedding: load a configuration, run its pipeline, stop it by aborting the signal.
 *
 *     const config = await loadConfig("tailrace.toml");
 *     const logger = createLogger({ ...config.log, fields: { pipeline: config.name } });
 *     await runPipeline(config, { signal, logger });
 *
 * A file with `[kafka]` describes two pipelines: load one by `{ part }`, or both with `loadPipelines` and run them side by side.
 */
export {
  loadConfig,
  loadPipelines,
  parseConfig,
  parsePipelines,
  parseTexts,
  type LoadOptions,
  type PipelinePart,
} from "./config/load.ts";
export type { ConfigSyntax } from "./config/written.ts";
export type {
  LogConfig,
  LogFormat,
  LogLevel,
  CaptureConfig,
  DirectConfig,
  ElasticsearchSinkConfig,
  KafkaSinkConfig,
  KafkaSourceConfig,
  MysqlSourceConfig,
  PipelineConfig,
  SyncConfig,
  RuleConfig,
  StartPoint,
  StoreConfig,
  TlsConfig,
} from "./config/config.ts";
export { openConfigSource } from "./config/sources/open.ts";
export type {
  ConfigSnapshot,
  ConfigSource,
  ConfigTexts,
  SourceOptions,
} from "./config/sources/source.ts";
export { configFingerprint } from "./config/fingerprint.ts";
export { redactConfig } from "./config/redact.ts";
export { ofTopology, type ConfigOf } from "./config/topology.ts";
export { ERROR_TABLE, type Disposition, type ErrorCode } from "./core/error-codes.ts";
export { asTailraceError, TailraceError } from "./core/errors.ts";
export type { Finding } from "./core/finding.ts";
export type { Logger } from "./core/logger.ts";
export { createLogger, type LoggerOptions } from "./observe/logger.ts";
export type { ReloadAnswer, RuleChange } from "./pipeline/reload.ts";
export { ReloadRequests } from "./pipeline/reload-requests.ts";
export { runPipeline } from "./pipeline/run-pipeline.ts";
export type { TransformChange, TransformDocument, TransformFunction } from "./rules/transform.ts";
export type { RunOptions, StatusView } from "./pipeline/run-options.ts";
export type { CaptureStatus, DirectStatus, PipelineStatus, SyncStatus } from "./pipeline/status.ts";
