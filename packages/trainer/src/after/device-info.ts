/** The devices as the trainer contract tells of them. */
import type { DeviceInfo } from "@millrace/core/spec";
import { listDevices } from "../devices/list.js";

/** Every device, best first; each is tried in a process of its own. */
export async function deviceInfo(): Promise<DeviceInfo[]> {
  const reports = await listDevices();
  return reports.map((report) =>
    report.ready
      ? { name: report.name, available: true, detail: report.detail }
      : { name: report.name, available: false, detail: report.reason, hint: report.hint },
  );
}
