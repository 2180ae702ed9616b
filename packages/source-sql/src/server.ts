/** What the sources of databases with a server share: from options to a dataset. */
import type { Dataset, Images, IterableDataset, SourceContext } from "@millrace/core";
import { z } from "zod";
import { type AddressRules, addressOf, type Address } from "./connections/address.js";
import { serverDriver, StateLost } from "./connections/driver.js";
import { type ConnectionOptions, connectionShape } from "./connections/options.js";
import type { Connections } from "./connections/service.js";
import type { ServerKind } from "./connections/session.js";
import type { Dialect } from "./driver.js";
import { askedBy, eitherOne, type ReadOptions, readShape, sampleShape } from "./options.js";
import { imageColumns, type ImageColumnsOptions } from "./rows/images.js";
import { openRows } from "./rows/dataset.js";
import type { LayoutOptions } from "./rows/layout.js";
import { type AccessOptions, type Opening, readOpening } from "./rows/opening.js";
import type { SqlSample } from "./rows/sample.js";

export const serverOptions = z
  .strictObject({
    ...connectionShape,
    ...readShape,
    ...sampleShape("the primary key, for a query the primary key of one column that it passes on"),
  })
  .refine(eitherOne.check, eitherOne.fault);

export interface ServerSource extends AddressRules {
  readonly dialect: Dialect;
  readonly kind: (address: Address, limits: ConnectionOptions) => ServerKind;
}

type Options = ConnectionOptions & ReadOptions & LayoutOptions & AccessOptions & ImageColumnsOptions;

interface Services {
  readonly connections: Connections;
  readonly images: Images;
}

interface Shared {
  readonly opening: Opening;
  readonly images?: unknown;
}

/** Opens a table or query of a server; workers take what the main thread's opening shares. */
export async function openServer(
  options: Options,
  { baseUrl, facts, shared }: SourceContext,
  { connections, images }: Services,
  { dialect, kind: kindOf, ...rules }: ServerSource,
): Promise<Dataset<SqlSample> | IterableDataset<SqlSample>> {
  const asked = askedBy(options);
  const given = shared as Shared | undefined;
  const { reader, sharing } = imageColumns(options, images, given?.images);
  const address = await addressOf(options, baseUrl, rules);
  const kind = kindOf(address, options);
  const { connectTimeout, lockTimeout, statementTimeout, connections: limit, retries } = options;
  const limits = { connections: limit, connectTimeout, lockTimeout, statementTimeout };
  const share = connections.share(JSON.stringify([address, limits]), () => ({
    kind,
    name: address.name,
    limits,
  }));
  const driver = serverDriver(share.pool, {
    name: address.name,
    dialect,
    kind,
    retries,
    close: () => share.close(),
  });
  try {
    const opening =
      given?.opening ?? (await persistent(retries, () => readOpening(driver, asked, options, facts)));
    return {
      ...openRows(driver, opening, options, reader),
      share: (): Shared => ({ opening, images: sharing }),
    };
  } catch (error) {
    await driver.close();
    throw error;
  }
}

/** An opening is of one state of the database: where that is lost, it is read again from the start. */
async function persistent<T>(retries: number, work: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StateLost) || tries >= retries) throw error;
    }
  }
}
