import { PIPELINE_METRICS, PROCESS_METRICS } from "../../src/observe/metrics.ts";
import { escapeCell } from "./text.ts";

const INTRODUCTION = `# Metrics

\`GET /metrics\` of the [admin] address gives them in Prometheus' text format. Names are \`tailrace_<noun>_<unit>[_total]\`. A counter counts since its pipeline was opened: it starts
anew when the process does, or when a pipeline is opened again after a failure or a reload, which Prometheus' \`rate\` knows how to read.
`;

interface Row {
  readonly name: string;
  readonly kind: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** `docs/metrics.md`: what is measured, from the table of metrics. */
export function metricsPage(): string {
  return `${INTRODUCTION}
## Of every pipeline

All have the labels \`pipeline\` (its name) and \`part\` (\`direct\`, \`capture\` or \`sync\`).

${table(PIPELINE_METRICS)}

## Of the process

${table(PROCESS_METRICS)}
`;
}

function table(metrics: readonly Row[]): string {
  const rows = metrics.map(({ name, kind, help, labels = [] }) => {
    const cells = [`\`${name}\``, kind, labels.map((label) => `\`${label}\``).join(", "), help];
    return `| ${cells.map(escapeCell).join(" | ")} |`;
  });
  return ["| Metric | Kind | Labels | |", "| --- | --- | --- | --- |", ...rows].join("\n");
}
