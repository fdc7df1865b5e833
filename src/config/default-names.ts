/** Where things are kept when the configuration does not say. */
export const DEFAULT_NAMES = {
  stateFolder: ".tailrace",
  stateIndex: "tailrace-state",
  deadLetterIndex: "tailrace-dead-letters",
  checkpointTopic: "tailrace-checkpoints",
  deadLetterTopic: "tailrace-dead-letters",
} as const;
