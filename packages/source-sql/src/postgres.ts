/** Random access over one table, view or query of a PostgreSQL database: the keys are read once, then each batch is one query. */
import { tableInputs } from "./predicting/inputs.js";
import { defineSource, ImagesService } from "@millrace/core";
import { ConnectionsService } from "./connections/service.js";
import { postgresDialect } from "./postgres/dialect.js";
import { explain, isLost } from "./postgres/faults.js";
import { openPostgres } from "./postgres/session.js";
import { openServer, serverOptions } from "./server.js";

export default defineSource({
  name: "postgres",
  summary: "one table, view or query of a PostgreSQL database, by random access",
  options: serverOptions,
  needs: { connections: ConnectionsService, images: ImagesService },
  create: (options, { connections, images, ...context }) =>
    openServer(
      options,
      context,
      { connections, images },
      {
        protocols: ["postgres", "postgresql"],
        port: 5432,
        dialect: postgresDialect,
        kind: (address, limits) => ({
          open: () => openPostgres(address, limits),
          isLost,
          explain: (error) => explain(error, address),
        }),
      },
    ),
  inputs: (options, { facts, images }) => tableInputs(options, facts, images),
});
