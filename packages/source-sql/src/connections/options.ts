/** How a server is reached: the same options for every database that has one. */
import { pathOption } from "@millrace/core";
import { z } from "zod";
import { hasWrittenPassword, isReference } from "./secrets.js";

const seconds = z.number().positive().max(2_000_000);

export const connectionShape = {
  url: z
    .string()
    .min(1)
    // The message must not have the address in it.
    .refine((url) => !hasWrittenPassword(url), {
      error:
        "must not have a password in it, which a run's saved spec would keep: write `${env:NAME}` instead",
      params: { secret: true },
    })
    .describe(
      "where the server is; `${env:NAME}` is replaced by a variable of the environment, and a password comes from nowhere else",
    ),
  password: z
    .string()
    .refine(isReference, {
      error: "must be `${env:NAME}`, a variable of the environment that has it",
      params: { secret: true },
    })
    .optional()
    .describe("`${env:NAME}`, where the password is not in `url`"),
  tls: z
    .union([
      z.boolean(),
      z.strictObject({
        ca: pathOption().optional().describe("file of the authorities to trust, instead of the system's"),
        cert: pathOption().optional().describe("file of this client's certificate"),
        key: pathOption().optional().describe("file of this client's private key"),
        serverName: z
          .string()
          .optional()
          .describe("the name in the server's certificate, where it is not that of `url`"),
      }),
    ])
    .default(false)
    .describe("encrypt, and check the server's certificate; an object says by what; default false"),
  connections: z
    .int()
    .positive()
    .default(2)
    .describe(
      "connections that one thread opens to a server at most, whatever reads through them; default 2",
    ),
  connectTimeout: seconds
    .default(10)
    .describe("seconds to wait for a connection, or for a free one; default 10"),
  lockTimeout: seconds
    .default(10)
    .describe("seconds to wait for a table that somebody has locked; default 10"),
  statementTimeout: seconds
    .default(300)
    .describe("seconds that one query may take, after which the connection is given up; default 300"),
  retries: z
    .int()
    .min(0)
    .default(6)
    .describe(
      "times that a query is asked again after its connection was lost, after 0.1, 0.2, 0.4 … seconds, 10 at most; default 6",
    ),
};

/** As a source has it. */
export type ConnectionOptions = z.output<z.ZodObject<typeof connectionShape>>;
