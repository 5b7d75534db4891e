// PostGraphile as its documentation advises for production: its own Node server with nothing in between, no watch mode,
// no GraphiQL, the inflection recommended to all its users, a role that may only read. It has as many connections as
// the program that it is compared with, shared by its processes.
//
// usage: node server.mjs <folder of Postgres's socket> <port> <processes>
import cluster from "node:cluster";
import { createServer } from "node:http";

import { PgSimplifyInflectionPreset } from "@graphile/simplify-inflection";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

import { CONNECTIONS, DATABASE } from "./settings.mjs";

const [host, port, processes] = process.argv.slice(2);
if (!["1", "2", "3", "4"].includes(processes)) {
  console.error("usage: node server.mjs <folder of Postgres's socket> <port> <processes, 1 to 4>");
  process.exit(2);
}

async function serve() {
  const pgl = postgraphile({
    extends: [PostGraphileAmberPreset, PgSimplifyInflectionPreset],
    pgServices: [
      makePgService({
        poolConfig: { host, user: "postgraphile", database: DATABASE, max: CONNECTIONS / Number(processes) },
        schemas: ["postgraphile"],
        pubsub: false,
      }),
    ],
    grafserv: { graphiql: false, watch: false, websockets: false },
  });
  const server = createServer();
  await pgl.createServ(grafserv).addTo(server);
  server.listen(Number(port), "127.0.0.1");
}

if (cluster.isPrimary && processes !== "1") {
  for (let n = 0; n < Number(processes); n += 1) {
    cluster.fork();
  }
  cluster.on("exit", () => process.exit(1)); // the others end with the channel to this one
} else {
  await serve();
}
