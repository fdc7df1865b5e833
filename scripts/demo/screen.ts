/** Where the demo shows what happens: a terminal, where the last line is rewritten in place, or a file, where lines follow one another. */
export interface Screen {
  readonly isTerminal: boolean;
  /** Shows a line, above the live line if there is one. */
  print(line?: string): void;
  /** Begins a step that takes time: its title, what is going on, and at the end what came of it. */
  step(title: string): Step;
  /** Replaces the live line; null removes it. Does nothing where lines cannot be replaced. */
  live(line: string | null): void;
}

/** A step of the demo that is under way. */
export interface Step {
  /** What takes time at this moment. */
  note(text: string): void;
  /** The step is through; shows what came of it and how long it took. */
  done(text: string): void;
}

/** Columns that a step's title takes. */
const TITLE_WIDTH = 16;
const RESULT_WIDTH = 62;
const CLEAR_LINE = "\r\u001b[2K";

/** Creates a screen on a stream. */
export function createScreen(out: NodeJS.WriteStream): Screen {
  const isTerminal = out.isTTY;
  let liveLine: string | null = null;
  const show = (line: string | null): void => {
    if (!isTerminal) return;
    liveLine = line;
    // A line that wraps could not be removed again.
    out.write(`${CLEAR_LINE}${line === null ? "" : line.slice(0, (out.columns || 80) - 1)}`);
  };
  const print = (line = ""): void => {
    out.write(`${liveLine === null ? "" : CLEAR_LINE}${line}\n`);
    if (liveLine !== null) show(liveLine);
  };
  return {
    isTerminal,
    print,
    live: show,
    step: (title) => {
      const startMs = performance.now();
      const head = `  ${title.padEnd(TITLE_WIDTH)} `;
      let noted = "";
      show(`${head}…`);
      return {
        note: (text) => {
          if (text === noted) return;
          noted = text;
          if (isTerminal) show(`${head}… ${text}`);
          else print(`${head}… ${text}`);
        },
        done: (text) => {
          show(null);
          liveLine = null;
          const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
          print(`${head}${text.padEnd(RESULT_WIDTH)} ${seconds.padStart(6)} s`);
        },
      };
    },
  };
}
