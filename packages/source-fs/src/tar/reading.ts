/** The samples of one archive, one after the other. */
import { readAt } from "../files/read-at.js";
import { type SampleGroup, SampleGroups } from "./groups.js";
import type { Member } from "./groups.js";
import { tarFault } from "./faults.js";
import { TarWindow } from "./window.js";

/** What is read: an open file, and what errors call it. */
export interface OpenArchive {
  readonly fd: number;
  readonly name: string;
  readonly size: number;
}

export class ArchiveReader {
  readonly #archive: OpenArchive;
  readonly #window: TarWindow;
  readonly #groups: SampleGroups;
  #position: number;

  /** `start` is where a sample's first entry begins. */
  constructor(archive: OpenArchive, start = 0) {
    this.#archive = archive;
    this.#window = new TarWindow(archive.fd, archive);
    this.#groups = new SampleGroups(archive.name);
    this.#position = start;
  }

  /** Files that are of no sample, since their names have no extension, and the first of them. */
  get passedOver(): Pick<SampleGroups, "passedOver" | "example"> {
    return this.#groups;
  }

  /** True at the end of an archive that lacks the mark of one, as what was cut off between two entries does. */
  unmarked = false;

  /** The next sample, undefined at the end; a promise only where the storage is slow. Errors: FILE_FORMAT, FILE_FAILED. */
  next(): SampleGroup | undefined | Promise<SampleGroup | undefined> {
    for (;;) {
      const entry = this.#window.entry(this.#position);
      if (typeof entry === "number") {
        const filled = this.#window.fill(this.#position, entry);
        if (filled !== undefined) return filled.then(() => this.next());
        continue;
      }
      if (entry === undefined) return this.#end();
      this.#position = entry.next;
      const complete = this.#groups.push(entry);
      if (complete !== undefined) return complete;
    }
  }

  /** The content of a member, valid until `next` is called. */
  bytes({ data, size, name }: Member): Uint8Array | Promise<Uint8Array> {
    const there = this.#window.bytes(data, size);
    if (there !== undefined) return there;
    const bytes = Buffer.allocUnsafeSlow(size);
    const whole = (count: number): Buffer => {
      if (count === size) return bytes;
      throw tarFault(
        this.#archive.name,
        data,
        `the file must hold all of ${JSON.stringify(name)}, but ends before it does`,
      );
    };
    const read = readAt(this.#archive.fd, bytes, data, this.#archive.name);
    return typeof read === "number" ? whole(read) : read.then(whole);
  }

  async #end(): Promise<SampleGroup | undefined> {
    const { name, size } = this.#archive;
    if (this.#position < size) {
      const more = await this.#window.behind(this.#position);
      if (more !== undefined) {
        const rule =
          "an archive must end where its end is marked, but entries stand behind that, as in archives joined by cat";
        throw tarFault(
          name,
          more,
          rule,
          "Name the archives one by one in `shards`, or join them with `tar --concatenate`.",
        );
      }
    } else this.unmarked = true;
    return this.#groups.finish(this.#position);
  }
}
