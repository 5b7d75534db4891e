// What the benchmark and its servers have to agree on.

/** Of the private Postgres. */
export const DATABASE = "leerwerk";

/** To the database, for each of the two that are compared. */
export const CONNECTIONS = 16;
