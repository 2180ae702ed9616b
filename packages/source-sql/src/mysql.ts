/** Random access over one table, view or query of MySQL or MariaDB: the keys are read once, then each batch is one query. */
import { tableInputs } from "./predicting/inputs.js";
import { defineSource, ImagesService } from "@millrace/core";
import { ConnectionsService } from "./connections/service.js";
import { mysqlDialect } from "./mysql/dialect.js";
import { explain, isLost } from "./mysql/faults.js";
import { openMysql } from "./mysql/session.js";
import { openServer, serverOptions } from "./server.js";

export default defineSource({
  name: "mysql",
  summary: "one table, view or query of a MySQL or MariaDB database, by random access",
  options: serverOptions,
  needs: { connections: ConnectionsService, images: ImagesService },
  create: (options, { connections, images, ...context }) =>
    openServer(
      options,
      context,
      { connections, images },
      {
        protocols: ["mysql", "mariadb"],
        port: 3306,
        dialect: mysqlDialect,
        kind: (address, limits) => ({
          open: () => openMysql(address, limits),
          isLost,
          explain: (error) => explain(error, address),
        }),
      },
    ),
  inputs: (options, { facts, images }) => tableInputs(options, facts, images),
});
