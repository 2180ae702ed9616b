/** What the sources of databases with a server share: from options to a dataset. */
import type { Dataset, Images, IterableDataset, Logger, SourceContext } from "@millrace/core";
import { z } from "zod";
import { type AddressRules, addressOf, type Address } from "./connections/address.js";
import { serverDriver, StateLost } from "./connections/driver.js";
import { type ConnectionOptions, connectionShape } from "./connections/options.js";
import type { Connections } from "./connections/service.js";
import type { ServerKind } from "./connections/session.js";
import type { Dialect, Driver } from "./driver.js";
import { askedBy, eitherOne, type ReadOptions, readShape, sampleShape } from "./options.js";
import { fingerprintRows } from "./rows/fingerprint.js";
import { imageColumns, type ImageColumnsOptions, withImages } from "./rows/images.js";
import { openRows } from "./rows/dataset.js";
import { epochRows, epochStream, hasIndices } from "./rows/epochs.js";
import type { LayoutOptions } from "./rows/layout.js";
import { type AccessOptions, type Opening, readOpening } from "./rows/opening.js";
import type { SqlSample } from "./rows/sample.js";
import { heldState, type HeldOptions, passOver } from "./states/held.js";
import { sharedTokens, Tokens } from "./states/tokens.js";

export const serverShape = {
  ...connectionShape,
  ...readShape,
  ...sampleShape("the primary key, for a query the primary key of one column that it passes on"),
};

export const serverOptions = z.strictObject(serverShape).refine(eitherOne.check, eitherOne.fault);

export interface ServerSource extends AddressRules {
  readonly dialect: Dialect;
  readonly kind: (address: Address, limits: ConnectionOptions) => ServerKind;
}

type Options = ConnectionOptions &
  ReadOptions &
  LayoutOptions &
  AccessOptions &
  ImageColumnsOptions & { readonly snapshot?: "none" | "epoch" };

interface Services {
  readonly connections: Connections;
  readonly images: Images;
  /** Told of what a person should know. */
  readonly logger?: Logger;
}

interface Shared {
  readonly opening: Opening;
  readonly images?: unknown;
  /** Which states epochs read, where they read one each. */
  readonly states?: SharedArrayBuffer;
}

/** Opens a table or query of a server; workers take what the main thread's opening shares. */
export async function openServer(
  options: Options,
  { baseUrl, facts, shared }: SourceContext,
  { connections, images, logger }: Services,
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
  const common = { name: address.name, dialect, kind, retries };
  const driver = serverDriver(share.pool, { ...common, close: () => share.close() });
  try {
    const opening =
      given?.opening ?? (await persistent(retries, () => readOpening(driver, asked, options, facts)));
    const open = (driver: Driver) => openRows(driver, opening, options, reader);
    const states = options.snapshot === "epoch" ? (given?.states ?? sharedTokens()) : undefined;
    const rows =
      states === undefined
        ? open(driver)
        : inEpochs(open(driver), open, { ...common, pool: share.pool, tokens: new Tokens(states), logger });
    return {
      ...rows,
      share: (): Shared => ({ opening, images: sharing, ...(states && { states }) }),
      fingerprint: async () => withImages(await fingerprintRows(driver, opening), reader),
    };
  } catch (error) {
    await driver.close();
    throw error;
  }
}

type Rows = Dataset<SqlSample> | IterableDataset<SqlSample>;

/** Rows of which each epoch reads one state, the same in all threads. */
function inEpochs(
  base: Rows,
  open: (driver: Driver) => Rows,
  { logger, ...options }: Omit<HeldOptions, "epoch" | "warn"> & Pick<Services, "logger">,
): Rows {
  const warn: HeldOptions["warn"] = (fields, message) => {
    if (logger !== undefined) logger.warn(fields, message);
    else process.emitWarning(message, { code: "MILLRACE_SNAPSHOT_LOST" });
  };
  const hold = (epoch: number) => heldState({ ...options, epoch, warn });
  const over = () => passOver(options.name);
  return hasIndices(base)
    ? epochRows(base, { hold, over, open: open as (driver: Driver) => Dataset<SqlSample> })
    : epochStream(base, { hold, over, open: open as (driver: Driver) => IterableDataset<SqlSample> });
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
