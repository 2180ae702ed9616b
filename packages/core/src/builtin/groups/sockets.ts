/** The group `sockets`: processes on one machine, or a few, without MPI. All that they exchange goes through rank 0. */
import type { ProcessGroup } from "../../contracts/group.js";
import { MillraceError } from "../../errors.js";
import { defineGroup, type Environment } from "../../plugin/group.js";
import { patienceOf } from "../../plugin/patience.js";
import { parted } from "./combine.js";
import { hubOf, spokeOf } from "./hub.js";
import { meet, type Seat } from "./meeting.js";

export default defineGroup({
  name: "sockets",
  summary:
    "processes that were started one by one, without MPI: by MILLRACE_RANK, MILLRACE_SIZE and MILLRACE_GROUP",
  launched: ({ MILLRACE_GROUP, MILLRACE_SIZE }) =>
    MILLRACE_GROUP !== undefined && MILLRACE_SIZE !== undefined,
  rank: ({ MILLRACE_RANK }) => (/^\d+$/.test(MILLRACE_RANK ?? "") ? Number(MILLRACE_RANK) : undefined),
  async open(context): Promise<ProcessGroup> {
    const seat = seatOf(context.environment);
    const patience = patienceOf(context);
    const { rank, size } = seat;
    const { server, peers, hosts } = await meet(seat);
    const end = server === undefined ? spokeOf(peers[0], patience) : hubOf(server, peers, patience);
    const own = hosts[rank];
    const places = new Set(hosts).size;
    const into = async (
      call: "sum" | "sum64" | "max",
      values: Float32Array | Float64Array,
      channel?: number,
    ): Promise<void> => {
      const bytes = await end.call(call, new Uint8Array(bytesOf(values)), channel);
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(bytes);
    };
    return {
      rank,
      size,
      localRank: hosts.slice(0, rank).filter((host) => host === own).length,
      localSize: hosts.filter((host) => host === own).length,
      description: `sockets, ${size} ranks on ${places} ${places === 1 ? "host" : "hosts"}`,
      sum: (values, channel) => into("sum", values, channel),
      sum64: (values) => into("sum64", values),
      max: (values) => into("max", values),
      gather: async (bytes) => parted(await end.call("gather", bytes), size),
      broadcast: async (bytes, from = 0) =>
        (await end.call("broadcast", from === rank ? bytes.slice() : new Uint8Array())).slice(),
      barrier: async () => void (await end.call("barrier", new Uint8Array())),
      abort: (code) => end.abort(code),
      async close() {
        await end.call("barrier", new Uint8Array());
        end.close();
      },
    };
  },
});

/** A copy, which starts at the first byte of its memory. */
function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Float64Array): ArrayBuffer {
  return new Uint8Array(buffer, byteOffset, byteLength).slice().buffer;
}

function seatOf({ MILLRACE_RANK, MILLRACE_SIZE, MILLRACE_GROUP = "" }: Environment): Seat {
  const [rank, size] = [Number(MILLRACE_RANK), Number(MILLRACE_SIZE)];
  const isSeat = Number.isInteger(rank) && Number.isInteger(size) && rank >= 0 && rank < size;
  if (isSeat && MILLRACE_GROUP !== "") return { rank, size, address: MILLRACE_GROUP };
  throw new MillraceError(
    "GROUP_FAILED",
    `MILLRACE_RANK must be a whole number below MILLRACE_SIZE, and MILLRACE_GROUP an address, were ${MILLRACE_RANK}, ${MILLRACE_SIZE} and "${MILLRACE_GROUP}"`,
    { hint: "Number the processes from 0, and give all of them the same host:port or path of a socket." },
  );
}
