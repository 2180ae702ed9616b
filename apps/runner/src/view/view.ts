/** What a person sees of a run: lasting lines, and where it stands. */
import { epochText, type StepEvent, stepLine, stepParts } from "./step-line.js";
import type { Terminal } from "./terminal.js";

export interface View {
  /** A lasting line. */
  print(line: string): void;
  /** What is going on just now, until the next call; only a terminal shows it. */
  busy(text: string): void;
  step(event: StepEvent, epochs: number | undefined): void;
  /** Takes the moving line away and shows the cursor again. */
  close(): void;
}

/** A moving line on a terminal, plain lines elsewhere. */
export function viewOf(terminal: Terminal): View {
  return terminal.live ? liveView(terminal) : plainView(terminal);
}

/** Shows nothing. */
export const silentView: View = {
  print: () => undefined,
  busy: () => undefined,
  step: () => undefined,
  close: () => undefined,
};

const frameMilliseconds = 100;
const eraseLine = "\r\x1b[2K";
const hideCursor = "\x1b[?25l";
const showCursor = "\x1b[?25h";

function liveView(terminal: Terminal): View {
  let draw: (() => string) | undefined;
  let drawn = false;
  let lastDrawn = 0;
  let timer: NodeJS.Timeout | undefined;
  const erase = () => {
    if (drawn) terminal.write(eraseLine + showCursor);
    drawn = false;
  };
  const redraw = () => {
    clearTimeout(timer);
    timer = undefined;
    if (draw === undefined) return;
    terminal.write(`${drawn ? "" : hideCursor}${eraseLine}${draw()}`);
    drawn = true;
    lastDrawn = performance.now();
  };
  const show = (next: () => string) => {
    draw = next;
    // A step may keep this thread busy for long, so a frame that is due is drawn now, not by a timer.
    if (performance.now() - lastDrawn >= frameMilliseconds) redraw();
    else timer ??= setTimeout(redraw, frameMilliseconds).unref();
  };
  const close = () => {
    clearTimeout(timer);
    timer = undefined;
    draw = undefined;
    erase();
    process.off("exit", close);
  };
  process.on("exit", close);
  const room = () => terminal.columns() - 1;
  return {
    print(line) {
      erase();
      terminal.write(`${line}\n`);
    },
    busy: (text) => show(() => terminal.colors.dim(text.slice(0, room()))),
    step: (event, epochs) => show(() => stepLine(event, epochs, room(), terminal.colors)),
    close,
  };
}

const plainMilliseconds = 5000;

function plainView(terminal: Terminal): View {
  let lastStep = performance.now();
  return {
    ...silentView,
    print: (line) => terminal.write(`${line}\n`),
    step(event, epochs) {
      if (performance.now() - lastStep < plainMilliseconds) return;
      lastStep = performance.now();
      terminal.write(`${[epochText(event.epoch, epochs), ...stepParts(event)].join("  ")}\n`);
    },
  };
}
