/** The pages that are open: each is sent the pieces that have changed, once a second at most. */
import type { ServerResponse } from "node:http";
import { type Pieces, piecesOf } from "./pages.js";
import type { Selection } from "./selection.js";
import type { RunsWatch, WatchedRun } from "./watch.js";

export interface LiveStreams {
  /** From here on the response is this page's. */
  add(response: ServerResponse, selection: Selection): void;
  close(): void;
}

interface Stream {
  readonly selection: Selection;
  readonly response: ServerResponse;
  sent: Partial<Pieces>;
  shown: readonly WatchedRun[];
}

const apart = 1000;

/** Nothing is looked at while no page is open. */
export function liveStreams(watch: RunsWatch): LiveStreams {
  const streams = new Set<Stream>();
  let timer: NodeJS.Timeout | undefined;
  const look = async (): Promise<void> => {
    const runs = await watch.read();
    for (const stream of streams) update(stream, runs);
  };
  const next = () => {
    clearTimeout(timer);
    timer = streams.size === 0 ? undefined : setTimeout(turn, apart);
  };
  // A folder that cannot be read just now is looked at again.
  const turn = () => void look().then(next, next);
  return {
    add(response, selection) {
      const stream: Stream = { response, selection, sent: {}, shown: [] };
      streams.add(stream);
      response.once("close", () => streams.delete(stream));
      response.write("retry: 1000\n\n");
      clearTimeout(timer);
      turn();
    },
    close() {
      clearTimeout(timer);
      for (const { response } of streams) response.end();
      streams.clear();
    },
  };
}

function update(stream: Stream, runs: readonly WatchedRun[]): void {
  const { response, selection } = stream;
  // A browser that is behind gets the newest state when it has caught up.
  if (response.writableNeedDrain) return;
  const isSame = runs.length === stream.shown.length && runs.every((run, i) => run === stream.shown[i]);
  if (isSame && stream.sent.count !== undefined) return;
  stream.shown = runs;
  const pieces = piecesOf(runs, selection);
  const changed = Object.entries(pieces).filter(([id, text]) => stream.sent[id as keyof Pieces] !== text);
  if (changed.length === 0) return;
  stream.sent = pieces;
  response.write(`data: ${JSON.stringify(Object.fromEntries(changed))}\n\n`);
}
