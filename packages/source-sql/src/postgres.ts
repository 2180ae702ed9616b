/** Random access over one table, view or query of a PostgreSQL database: the keys are read once, then each batch is one query. */
import { tableInputs } from "./predicting/inputs.js";
import { defineSource, ImagesService, LoggerService } from "@millrace/core";
import { z } from "zod";
import { ConnectionsService } from "./connections/service.js";
import { postgresDialect } from "./postgres/dialect.js";
import { eitherOne } from "./options.js";
import { explain, isGone, isLost } from "./postgres/faults.js";
import { openPostgres } from "./postgres/session.js";
import { openServer, serverShape } from "./server.js";

const options = z
  .strictObject({
    ...serverShape,
    snapshot: z
      .enum(["none", "epoch"])
      .default("none")
      .describe(
        "epoch: all that an epoch reads is of one state of the database, that of its first read, in all threads; a transaction as long as the epoch, which holds back VACUUM and changes of the table's columns, and one more connection per thread; none: values are read as they are by then; default none",
      ),
  })
  .refine(eitherOne.check, eitherOne.fault);

export default defineSource({
  name: "postgres",
  summary: "one table, view or query of a PostgreSQL database, by random access",
  options,
  needs: { connections: ConnectionsService, images: ImagesService, logger: LoggerService },
  create: (options, { connections, images, logger, ...context }) =>
    openServer(
      options,
      context,
      { connections, images, logger },
      {
        protocols: ["postgres", "postgresql"],
        port: 5432,
        dialect: postgresDialect,
        kind: (address, limits) => ({
          open: () => openPostgres(address, limits),
          isLost,
          isGone,
          explain: (error) => explain(error, address),
        }),
      },
    ),
  inputs: (options, { facts, images }) => tableInputs(options, facts, images),
});
