/** What a person sees of a run: lasting lines, and where it stands. */
import { type Standing, type StepEvent, stepLine, stepText } from "./step-line.js";
import type { Terminal } from "./terminal.js";
import { cut, folded } from "./width.js";

export interface View {
  /** A lasting line. */
  print(line: string): void;
  /** What is going on just now, until the next call; only a terminal shows it. */
  busy(text: string): void;
  step(event: StepEvent, standing: Standing): void;
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
      terminal.write(`${folded(line, room())}\n`);
    },
    busy: (text) => show(() => terminal.colors.dim(cut(text, room()))),
    step: (event, standing) => show(() => stepLine(event, standing, room(), terminal.colors)),
    close,
  };
}

/** Where nothing can be drawn over, the lines between epochs become rarer with time: a long run has few of them. */
const plainMilliseconds = { least: 5000, most: 300_000, share: 0.05 };

function plainView(terminal: Terminal): View {
  const began = performance.now();
  let lastStep = began;
  return {
    ...silentView,
    print: (line) => terminal.write(`${line}\n`),
    step(event, standing) {
      const now = performance.now();
      const { least, most, share } = plainMilliseconds;
      if (now - lastStep < Math.min(most, Math.max(least, share * (now - began)))) return;
      lastStep = now;
      terminal.write(`${stepText(event, standing)}\n`);
    },
  };
}
