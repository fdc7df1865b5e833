import {
  ResponseError,
  type API,
  type Callback,
  type Connection,
  type Reader,
  type Writer,
} from "@platformatic/kafka";

/** A request of one kind, ready to be sent to whichever broker in the version that it and we have. */
export interface KafkaCall<Answer> {
  /** Number of the request in Kafka's protocol. */
  readonly apiKey: number;
  /** Lowest and highest version that `send` knows. */
  readonly versions: readonly [lowest: number, highest: number];
  /** How long the broker may wait by itself before it answers; comes on top of the request timeout. Default 0. */
  readonly waitMs?: number | undefined;
  send(connection: Connection, version: number, done: Callback<Answer>): void;
}

/** A request that the library writes and reads, in one version. Error codes anywhere in the answer reject it. */
export function libraryCall<Arguments extends unknown[], Answer>(
  api: API<Arguments, Answer>,
  ...args: Arguments
): KafkaCall<Answer> {
  return {
    apiKey: api.key,
    versions: [api.version, api.version],
    send: (connection, _version, done) => {
      const call: (connection: Connection, ...rest: unknown[]) => void = api as never;
      call(connection, ...args, done);
    },
  };
}

/** As {@link libraryCall}, but the answer comes with the error codes in it: the caller looks at each. */
export function checkedCall<Arguments extends unknown[], Answer>(
  api: API<Arguments, Answer>,
  ...args: Arguments
): KafkaCall<Answer> {
  const call = libraryCall(api, ...args);
  return {
    ...call,
    send: (connection, version, done) => {
      call.send(connection, version, (error, answer) => {
        const response: unknown = error instanceof ResponseError ? error["response"] : undefined;
        if (response === undefined) done(error, answer);
        else done(null, response as Answer);
      });
    },
  };
}

/** A request that is written and read by ourselves. */
export interface RawCall<Answer> {
  readonly apiKey: number;
  readonly versions: readonly [lowest: number, highest: number];
  readonly waitMs?: number | undefined;
  /** Request header 2 and response header 1, which have tagged fields; all requests of late do. Default true. */
  readonly flexible?: boolean | undefined;
  /** The request behind its header. What it refers to must not change before the answer is there. */
  write(version: number): Writer;
  /** Where an answer that came in pieces is put together, at least of this length. Default: memory of its own. */
  readonly allocate?: ((length: number) => Buffer) | undefined;
  /** The answer behind its header, in one piece, ours to keep. What it throws rejects the request. */
  read(answer: Buffer, version: number): Answer;
}

/** A request that is written and read by ourselves, as a call. */
export function rawCall<Answer>(raw: RawCall<Answer>): KafkaCall<Answer> {
  const flexible = raw.flexible ?? true;
  return {
    apiKey: raw.apiKey,
    versions: raw.versions,
    waitMs: raw.waitMs,
    send: (connection, version, done) => {
      connection.send(
        raw.apiKey,
        version,
        () => raw.write(version),
        (_id, _key, _version, reader) => raw.read(joinAnswer(reader, raw.allocate), version),
        flexible,
        flexible,
        done,
      );
    },
  };
}

function joinAnswer(reader: Reader, allocate: RawCall<unknown>["allocate"]): Buffer {
  const answer = reader.buffer.subarray(reader.position);
  if (allocate === undefined || answer.buffers.length < 2) return answer.slice();
  const whole = allocate(answer.length);
  let at = 0;
  for (const piece of answer.buffers) at += piece.copy(whole, at);
  return whole.subarray(0, at);
}
