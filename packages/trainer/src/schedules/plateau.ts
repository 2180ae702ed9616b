/** A rate that falls when a metric no longer gets better (torch's ReduceLROnPlateau). */
import { Monitor, type MonitorOptions } from "../monitors/monitor.js";
import type { Schedule } from "./schedule.js";

export interface PlateauOptions extends MonitorOptions {
  readonly factor: number;
  readonly patience: number;
  readonly minimum: number;
}

/** Times `factor` after more than `patience` epochs in a row that brought nothing better. */
export function plateau({ factor, patience, minimum, ...watched }: PlateauOptions): Schedule {
  const monitor = new Monitor(watched);
  let current = 1;
  return {
    factor: () => current,
    observe(metrics) {
      monitor.observe(metrics);
      if (monitor.waited <= patience) return;
      current = Math.max(current * factor, minimum);
      monitor.waited = 0;
    },
    state: () => ({ current, monitor: monitor.state() }),
    restore(state) {
      const saved = state as { readonly current: number; readonly monitor: unknown };
      current = saved.current;
      monitor.restore(saved.monitor);
    },
  };
}
