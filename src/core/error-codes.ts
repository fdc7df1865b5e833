/**
 * What to do with a failure: `retry` = the same step may succeed later, `reject` = this row or document never will (it goes to
 * the dead-letter store), `fatal` = the pipeline stops and a person is needed.
 */
export type Disposition = "retry" | "reject" | "fatal";

interface ErrorEntry {
  readonly disposition: Disposition;
  /** One line: what went wrong. */
  readonly summary: string;
  /** One line: what the operator does about it. */
  readonly remedy: string;
}

/** Every error that tailrace reports, by code. Codes are stable; `docs/errors.md` is generated from this table. */
export const ERROR_TABLE = {
  CONFIG_CENTRE_UNAVAILABLE: {
    disposition: "retry",
    summary: "A config centre cannot be reached or does not answer as it should.",
    remedy:
      "Check its address, network and credentials; a running pipeline goes on with the configuration that it has.",
  },
  CONFIG_UNREADABLE: {
    disposition: "fatal",
    summary: "The configuration could not be read.",
    remedy: "Check the path, the permissions and the syntax at the place named.",
  },
  CONFIG_INVALID: {
    disposition: "fatal",
    summary: "The configuration has unknown keys or unusable values.",
    remedy: "Correct every place listed; docs/configuration.md describes each key.",
  },
  CONFIG_SECRET_MISSING: {
    disposition: "fatal",
    summary: "A ${env:…} or ${file:…} reference in the configuration has no value.",
    remedy: "Set the environment variable or create the file named.",
  },
  CONFIG_RELOAD_REFUSED: {
    disposition: "fatal",
    summary: "A changed configuration cannot be taken over by the running process.",
    remedy:
      "The configuration from before stays in force; restart tailrace to begin with the new one, or take the change back.",
  },
  CONFIG_START_MISSING: {
    disposition: "fatal",
    summary: "There is no checkpoint yet and the configuration does not say where to start.",
    remedy:
      'Set source.start to "earliest", "latest", a time, a binlog position or a GTID set; or let the rows be loaded: load.mode = "initial".',
  },
  CONFIG_RULES_CHANGED: {
    disposition: "fatal",
    summary: "The rules name other tables, indices or ids than those that the checkpoint is for.",
    remedy:
      "Rows before the checkpoint will not reach a new index by themselves: go on all the same with `tailrace run --accept-changes`, or read again with `--from earliest`.",
  },
  SOURCE_UNREACHABLE: {
    disposition: "retry",
    summary: "The MySQL server could not be reached or closed the connection.",
    remedy: "Check host, port and network; tailrace reconnects by itself.",
  },
  SOURCE_STALLED: {
    disposition: "retry",
    summary: "The MySQL server has sent neither events nor heartbeats for too long.",
    remedy: "The connection is replaced; look for a network device that drops idle connections.",
  },
  SOURCE_ACCESS_DENIED: {
    disposition: "fatal",
    summary: "MySQL refused the user, the password or a privilege.",
    remedy: "Check the credentials and GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT.",
  },
  SOURCE_TLS_FAILED: {
    disposition: "fatal",
    summary: "The encrypted connection to MySQL could not be set up or its certificate verified.",
    remedy:
      "Give the certificate authority as source.tls.ca and the host by a name that the certificate holds.",
  },
  SOURCE_UNSUITABLE: {
    disposition: "fatal",
    summary: "A server setting makes replication by rows impossible.",
    remedy: "Run `tailrace check`; it names the setting and the statement that mends it.",
  },
  SOURCE_SERVER_ID_TAKEN: {
    disposition: "fatal",
    summary: "Another replica uses our server id or our replica uuid.",
    remedy: "Give source.server_id a number that no other replica of this server uses.",
  },
  SOURCE_POSITION_LOST: {
    disposition: "fatal",
    summary: "The server no longer has the binary log that the checkpoint needs.",
    remedy:
      "Changes since the checkpoint are gone from the log: `tailrace recover` begins at its end, loads the tables, and removes documents whose rows have gone.",
  },
  SOURCE_IDENTITY_CHANGED: {
    disposition: "fatal",
    summary: "The server is not the one that the checkpoint's file and position belong to.",
    remedy:
      "Point the configuration at the old server, or let `tailrace recover` begin anew at this one and load the tables.",
  },
  SOURCE_REPLACED: {
    disposition: "fatal",
    summary: "The source's address leads to another server than before.",
    remedy:
      "With GTIDs tailrace goes on from its checkpoint by itself; without, see SOURCE_IDENTITY_CHANGED.",
  },
  SOURCE_QUERY_FAILED: {
    disposition: "retry",
    summary: "A query on the source failed.",
    remedy: "See the cause; the query is repeated.",
  },
  BINLOG_CHECKSUM: {
    disposition: "retry",
    summary: "A binlog event's CRC32 does not match its content.",
    remedy:
      "The connection is replaced and the event read again; if it persists the log on the server is damaged.",
  },
  BINLOG_CORRUPT: {
    disposition: "fatal",
    summary: "A binlog event could not be decoded.",
    remedy: "Compare with `mysqlbinlog -vv` at the position named and report it.",
  },
  BINLOG_UNSUPPORTED: {
    disposition: "fatal",
    summary: "The binary log has an event that may carry rows and that tailrace does not know.",
    remedy:
      "Report the event type and the server version; restart past it only after reloading the tables concerned.",
  },
  BINLOG_INCIDENT: {
    disposition: "fatal",
    summary: "The server logged an INCIDENT: changes are missing from its binary log.",
    remedy:
      "`tailrace recover` begins behind it, loads the tables, and removes documents whose rows have gone.",
  },
  BINLOG_STATEMENT: {
    disposition: "reject",
    summary: "A statement changed a captured table without row events.",
    remedy:
      "Set binlog_format=ROW for every session; `tailrace recover` then loads and compares the table.",
  },
  BINLOG_ROLLED_BACK: {
    disposition: "reject",
    summary: "A transaction that touched captured tables was logged and then rolled back.",
    remedy:
      "It mixed transactional and other storage engines: keep captured tables in InnoDB; `tailrace recover` loads and compares the table.",
  },
  BINLOG_IMAGE_PARTIAL: {
    disposition: "reject",
    summary: "Rows were logged without the columns that their document ids are made of.",
    remedy:
      "SET GLOBAL binlog_row_image=FULL, or use the primary key as the rule's id; then `tailrace recover`.",
  },
  BINLOG_XA_UNKNOWN: {
    disposition: "reject",
    summary:
      "An XA transaction was committed whose rows were logged before the position at which reading began.",
    remedy:
      "Load the tables that it changed (`tailrace load`, then `tailrace verify --repair`); start next time at a position without prepared XA transactions (XA RECOVER).",
  },
  SCHEMA_MISMATCH: {
    disposition: "reject",
    summary:
      "The binary log names no columns and the table's present definition does not fit its events.",
    remedy: "SET GLOBAL binlog_row_metadata=FULL (it is dynamic), then `tailrace recover`.",
  },
  SCHEMA_UNREADABLE: {
    disposition: "reject",
    summary: "A captured table has a column whose values in the binary log cannot be read.",
    remedy:
      "For MariaDB's old temporal columns: SET GLOBAL mysql56_temporal_format=ON, then ALTER TABLE … FORCE; otherwise change the column's type. Then `tailrace recover`.",
  },
  SCHEMA_KEY_CHANGED: {
    disposition: "reject",
    summary: "The columns that a table's document ids are made of have changed.",
    remedy:
      "Documents under the old ids stay behind: `tailrace recover` loads the table and deletes them; `tailrace rebuild` does it in a new index.",
  },
  SCHEMA_TABLE_CLEARED: {
    disposition: "reject",
    summary: "A captured table was truncated or dropped; its documents remain.",
    remedy:
      '`tailrace recover` (or `tailrace verify --repair`) deletes the documents; on_truncate = "delete" does so at once.',
  },
  SCHEMA_TABLE_STOPPED: {
    disposition: "fatal",
    summary: 'A captured table was truncated or dropped, and its rule says on_truncate = "stop".',
    remedy:
      'Decide what becomes of its documents, then set on_truncate to "keep" or "delete" and start again.',
  },
  SCHEMA_TABLE_REPLACED: {
    disposition: "reject",
    summary: "Another table, whose rows were not captured, took a captured table's name.",
    remedy: "`tailrace recover` loads and compares the table.",
  },
  KAFKA_UNREACHABLE: {
    disposition: "retry",
    summary: "No Kafka broker could be reached, or the one that is needed could not.",
    remedy:
      "Check the brokers' addresses, the network and what the brokers advertise; tailrace tries again by itself.",
  },
  KAFKA_ACCESS_DENIED: {
    disposition: "fatal",
    summary: "Kafka refused the credentials or a permission.",
    remedy:
      "Check mechanism, user and password, and the ACLs on the topic, group or transactional id named.",
  },
  KAFKA_TLS_FAILED: {
    disposition: "fatal",
    summary: "The encrypted connection to Kafka could not be set up or its certificate verified.",
    remedy:
      "Give the certificate authority as tls.ca and the brokers by names that their certificates hold; without tls the listener must be a plain one.",
  },
  KAFKA_UNSUPPORTED: {
    disposition: "fatal",
    summary: "The Kafka brokers lack something that is needed.",
    remedy:
      "Kafka 3.5 or later is needed; for an older group protocol set it in the configuration.",
  },
  KAFKA_REQUEST_FAILED: {
    disposition: "retry",
    summary: "Kafka refused a request for a reason that may pass.",
    remedy: "See the cause; the request is repeated.",
  },
  KAFKA_TOPIC_MISSING: {
    disposition: "fatal",
    summary: "A topic does not exist and may not be created.",
    remedy: "Create the topic, correct its name, or let tailrace create it (sink.create_topics).",
  },
  KAFKA_TOPIC_AWAITED: {
    disposition: "retry",
    summary: "None of the topics that are to be read exists yet.",
    remedy:
      "They are waited for: start the capture that writes them, create them, or correct source.topics.",
  },
  KAFKA_TOPIC_APPEARED: {
    disposition: "retry",
    summary: "A topic that is to be read exists again, and is not the one that was read before.",
    remedy: "Nothing: reading begins anew, and tells what follows from that.",
  },
  KAFKA_TOPIC_UNUSABLE: {
    disposition: "fatal",
    summary: "A topic's settings do not suit what it is used for.",
    remedy: "Change the setting named, or use another topic.",
  },
  KAFKA_TOPIC_RECREATED: {
    disposition: "fatal",
    summary:
      "A topic was deleted and made anew: its records and offsets are not those that were read.",
    remedy:
      "Records that were not read are gone: reload the tables, then go on with `tailrace run --accept-changes`.",
  },
  KAFKA_PARTITIONS_CHANGED: {
    disposition: "fatal",
    summary:
      "A topic has another number of partitions than before, and its records carry no version of their own: changes of one row may lie in two partitions.",
    remedy:
      "Go on with `tailrace run --accept-changes` when everything written before the change has been read, then reload the tables.",
  },
  KAFKA_OFFSET_MISSING: {
    disposition: "fatal",
    summary:
      "The consumer group has no offset for a partition and the configuration does not say where to start.",
    remedy:
      'Set source.start to "earliest", "latest", a timestamp or offsets, or commit offsets with `tailrace seek`.',
  },
  KAFKA_OFFSET_LOST: {
    disposition: "fatal",
    summary: "The records at the committed offset are no longer in the topic.",
    remedy:
      "They were deleted before they were read: reload the tables, then choose a new start with `tailrace seek`.",
  },
  KAFKA_GROUP_ACTIVE: {
    disposition: "fatal",
    summary: "Offsets of a consumer group with running members cannot be set.",
    remedy:
      "Stop every instance of the group first; one that was killed is a member until its session has ended (45 s with the brokers' defaults).",
  },
  KAFKA_FENCED: {
    disposition: "retry",
    summary: "Another process captures under the same name and has taken over.",
    remedy: "This one waits as a standby. If two should run, give them different names.",
  },
  KAFKA_PARTITIONS_LOST: {
    disposition: "retry",
    summary:
      "Partitions were given to another instance before what was in flight from them was finished.",
    remedy:
      "Reading starts again at the committed offsets. If it happens often: look why Elasticsearch is slow, or raise source.revoke_timeout.",
  },
  KAFKA_RECORD_UNREADABLE: {
    disposition: "reject",
    summary: "A record is no change in a format that is known.",
    remedy:
      "The dead letter holds it and says what is wrong; check source.format and who writes to the topic.",
  },
  KAFKA_KEY_MOVED: {
    disposition: "reject",
    summary:
      "A record without a version of its own moves a row to another id, and its topic has several partitions: the document under the old id may stay.",
    remedy:
      "Look whether the row under the old id still exists, and delete its document if not. Records of tailrace's own capture, and topics of one partition, have no such doubt.",
  },
  KAFKA_RECORD_INCOMPLETE: {
    disposition: "reject",
    summary:
      "A record holds only part of a row, and there is no MySQL server to read the rest from.",
    remedy:
      "Name the server as source.mysql; then write the rows of the records named again, or `tailrace recover`.",
  },
  KAFKA_RECORD_TOO_LARGE: {
    disposition: "reject",
    summary: "A row without a primary key is larger than the topic accepts.",
    remedy:
      "Raise the topic's max.message.bytes, or give the table a key; then write the row again.",
  },
  KAFKA_SCHEMA_UNKNOWN: {
    disposition: "fatal",
    summary: "Records do not tell the types of their columns, and there is no MySQL server to ask.",
    remedy:
      "Name the server as source.mysql, or let the producer write schemas (Canal, Debezium with schemas).",
  },
  RULE_NO_KEY: {
    disposition: "fatal",
    summary: "A captured table has no primary key and its rule names no id.",
    remedy: "Add a primary key to the table, or name unique NOT NULL columns in the rule's id.",
  },
  RULE_COLUMN_UNKNOWN: {
    disposition: "fatal",
    summary: "A rule names a column that its table does not have.",
    remedy:
      "Correct the name in the rule's query, condition, template, id or fields, or let the rule take other tables.",
  },
  RULE_ID_UNUSABLE: {
    disposition: "fatal",
    summary: "A column cannot be part of a document id.",
    remedy:
      "Use NOT NULL columns of integer, text, binary, date or decimal types that identify a row.",
  },
  RULE_FIELD_INVALID: {
    disposition: "fatal",
    summary:
      "A rule gives a field a name that Elasticsearch cannot take, or two fields the same name.",
    remedy:
      "Rename the field in the rule: `AS name` in a query, where `* except (column)` leaves out what an expression replaces; `fields.rename` otherwise.",
  },
  RULE_CASCADE_UNUSABLE: {
    disposition: "fatal",
    summary:
      'The documents of a rule with `cascade = "synthesize"` could not be found by what their rows refer to.',
    remedy:
      "Let the documents hold the columns named as they are (no script, no ingest pipeline), or set `cascade` to `ignore`, let the application change the child rows, or verify continuously (`verify.continuous`).",
  },
  RULE_QUERY_INVALID: {
    disposition: "fatal",
    summary: "A rule's query, condition or template is no SQL that rules know.",
    remedy: "Correct it where the caret points; docs/rules.md shows what may be written.",
  },
  RULE_EXPRESSION_UNSUPPORTED: {
    disposition: "fatal",
    summary: "A rule has an expression that cannot be evaluated exactly as MySQL does.",
    remedy:
      "Write it otherwise where the caret points (docs/expressions.md lists what is refused and why), make it a generated column of the table, or use a transform script.",
  },
  RULE_CONFLICT: {
    disposition: "fatal",
    summary: "Two rules write the same documents, or the same fields of them.",
    remedy:
      "Give the rules different indices or ids, or make both `upsert` with fields of their own.",
  },
  RULE_TRANSFORM_INVALID: {
    disposition: "fatal",
    summary: "A rule's transform script cannot be loaded.",
    remedy:
      "Correct the script: a module whose default export is a function (doc, change) => doc or null.",
  },
  RULE_ROW_FAILED: {
    disposition: "reject",
    summary: "A rule's expression has no value for a row, as the same SELECT has none in MySQL.",
    remedy:
      "Correct the row or the rule; the next change of the row, or a repair, writes its document.",
  },
  RULE_PLACE_INVALID: {
    disposition: "reject",
    summary: "A row gives its document an id, an index or a routing that cannot be used.",
    remedy:
      "Correct the row or the rule's template; the next change of the row writes its document.",
  },
  RULE_TRANSFORM_FAILED: {
    disposition: "reject",
    summary: "A transform script threw an error for a row or returned what is no document.",
    remedy: "Correct the script; the next change of the row, or a repair, writes its document.",
  },
  SNAPSHOT_NO_KEY: {
    disposition: "fatal",
    summary:
      "A table cannot be loaded in chunks: it has no primary key and no unique key without NULLs.",
    remedy: "Give it a primary key, or keep the table out of the load.",
  },
  SNAPSHOT_WHERE_INVALID: {
    disposition: "fatal",
    summary: "The server does not take the condition of a load.",
    remedy: "Correct the condition; nothing was read or written.",
  },
  SNAPSHOT_KEY_UNUSABLE: {
    disposition: "fatal",
    summary: "A key of a table cannot be told to the server again: chunks would not move on.",
    remedy: "Look at the row named: its key may hold bytes that its character set does not have.",
  },
  SNAPSHOT_UNVERSIONED: {
    disposition: "fatal",
    summary:
      "Rows of a rule with upsert cannot be loaded beside a stream in another process: their documents carry no versions.",
    remedy:
      "Load them in the process that runs the stream (`POST /load`, or `tailrace load --then run`), or stop the stream first.",
  },
  SNAPSHOT_INCOMPARABLE: {
    disposition: "fatal",
    summary:
      "Rows cannot be loaded beside a sync whose records carry no versions: its documents are ordered by offsets, which places in MySQL's log do not compare with.",
    remedy:
      "Load with a new name (state, group) and new indices before the sync begins, then start it at the load's beginning: `tailrace load --then run`.",
  },
  SNAPSHOT_UNVERIFIED: {
    disposition: "reject",
    summary: "A table is being loaded again after a loss, and not compared with its documents yet.",
    remedy: "`tailrace recover` goes on with it.",
  },
  SNAPSHOT_ROW_CHANGED: {
    disposition: "retry",
    summary: "A table's definition changed while rows of it were read.",
    remedy: "Nothing: the chunk is read again.",
  },
  SNAPSHOT_CHUNK_TOO_LARGE: {
    disposition: "retry",
    summary: "Rows of a chunk are much larger than those before them.",
    remedy: "Nothing: they are read again in smaller chunks.",
  },
  SNAPSHOT_NOTHING: {
    disposition: "fatal",
    summary: "There is no such table to load, or no rule takes it.",
    remedy: "Name a table that the source has and a rule takes, and a rule by its name.",
  },
  SNAPSHOT_UNDER_WAY: {
    disposition: "fatal",
    summary: "A table is being loaded already, with another condition or without one.",
    remedy: "Wait until it is done, or cancel it first (`POST /load/cancel`).",
  },
  SNAPSHOT_OVERTAKEN: {
    disposition: "retry",
    summary:
      "Rows that were read for a load were overtaken before they could be written: by very many changes, by other rules, or because the table was emptied.",
    remedy: "Nothing: the chunk is read again.",
  },
  SNAPSHOT_LATE: {
    disposition: "retry",
    summary: "A chunk was not accepted before Elasticsearch forgets deletes (`index.gc_deletes`).",
    remedy:
      "Nothing: it is read again. If it happens often, raise index.gc_deletes of the index or make chunks smaller.",
  },
  VERIFY_DIFFERENT: {
    disposition: "fatal",
    summary: "Documents do not agree with their rows.",
    remedy: "`tailrace verify --repair` writes exactly those; the report names them.",
  },
  REBUILD_IMPOSSIBLE: {
    disposition: "fatal",
    summary: "An index cannot be built anew behind its alias.",
    remedy: "See the reason; nothing was changed.",
  },
  BULK_UNREACHABLE: {
    disposition: "retry",
    summary: "Elasticsearch could not be reached or gave no usable answer.",
    remedy: "Check hosts and network; the request is repeated until it is accepted.",
  },
  BULK_OVERLOADED: {
    disposition: "retry",
    summary: "Elasticsearch asked to slow down or has shards that are not available.",
    remedy: "The refused items are repeated with back-off; look at the cluster's health.",
  },
  BULK_ACCESS_DENIED: {
    disposition: "fatal",
    summary: "Elasticsearch refused the credentials or a privilege.",
    remedy:
      "Check the credentials; the role needs monitor on the cluster and write, create_index and manage on the indices.",
  },
  BULK_INDEX_MISSING: {
    disposition: "fatal",
    summary: "The index written to does not exist and tailrace may not create it.",
    remedy: "Create the index or set create_index = true.",
  },
  BULK_INDEX_UNUSABLE: {
    disposition: "fatal",
    summary: "The target index could not be created or its mapping could not be extended.",
    remedy: "See the cause given by Elasticsearch; correct the mapping or rebuild the index.",
  },
  DOCUMENT_REJECTED: {
    disposition: "reject",
    summary: "Elasticsearch refused a document for good.",
    remedy:
      "The dead letter holds the reason; correct the mapping or the rule, then write the row again.",
  },
  DOCUMENT_TOO_LARGE: {
    disposition: "reject",
    summary: "One document alone is larger than Elasticsearch accepts in a request.",
    remedy: "Exclude the large column or raise http.max_content_length.",
  },
  STATE_UNREADABLE: {
    disposition: "fatal",
    summary: "The checkpoint could not be read.",
    remedy:
      "Restore the state file from its .previous copy, or choose a new start with `tailrace run --from …`.",
  },
  STATE_UNWRITABLE: {
    disposition: "retry",
    summary: "The checkpoint could not be written.",
    remedy: "Free the disk or mend the permissions; until then a restart repeats more of the log.",
  },
  STATE_FOREIGN: {
    disposition: "fatal",
    summary: "The checkpoint was written by another process or belongs to another pipeline.",
    remedy: "Stop the other process, or give this pipeline a name of its own.",
  },
  STATE_EPOCHS_USED_UP: {
    disposition: "fatal",
    summary:
      "The source changed its identity, or the start was chosen anew, more often than versions can count (255 times).",
    remedy: "Give the pipeline another name and write to new indices.",
  },
  STATE_DEAD_LETTERS_UNWRITABLE: {
    disposition: "retry",
    summary: "A dead letter could not be stored; the pipeline waits rather than lose it.",
    remedy: "Free the disk or mend the permissions of the dead-letter store.",
  },
  INVARIANT_BROKEN: {
    disposition: "fatal",
    summary: "tailrace found itself in a state that its own rules exclude.",
    remedy: "This is a bug: report it with the message and the version.",
  },
} as const satisfies Record<string, ErrorEntry>;

/** One of the codes of {@link ERROR_TABLE}. */
export type ErrorCode = keyof typeof ERROR_TABLE;
