// Asks the service and PostGraphile for the same pages over the same world, in turn, and prints how they compare.
// scripts/bench-postgraphile starts it and says which options there are.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual, parseArgs } from "node:util";

import { PAGES } from "./pages.mjs";
import { CONNECTIONS, DATABASE } from "./settings.mjs";

const MODELS = ["catalogue", "member", "question", "experience", "project", "cycle", "knowledge_page", "timeline"];
/** What the second variant asks for: not one hot row, yet what may be asked for in one morning. */
const MANY = 200;
const WARM_UP_SECONDS = 3;
/** How long callers pause on average when they ask at a rate. */
const PAUSE_MS = 20;
/** How long a world may take to make, and to open. */
const PATIENCE_MS = 30 * 60_000;

const { values: options } = parseArgs({
  options: {
    events: { type: "string", default: "10000,1000000" },
    data: { type: "string" },
    seconds: { type: "string", default: "5" },
    rounds: { type: "string", default: "3" },
    callers: { type: "string", default: "1,8,32" },
  },
});
const numbers = (list) => list.split(",").map(Number);
const [seconds, rounds, callers] = [Number(options.seconds), Number(options.rounds), numbers(options.callers)];
const program = resolve(process.env.LEERWERK ?? "../../target/release/leerwerk");

const work = mkdtempSync(join(tmpdir(), "bench-postgraphile-"));
chmodSync(work, 0o755); // as root, Postgres runs as another user, who must get in
const data = resolve(options.data ?? join(work, "data"));

const say = (words) => console.error(words);
const thousands = (number) => Math.round(number).toLocaleString("en");

/** Set by a signal: from then on nothing more is started. */
let cleaning;

/** What runs, the last one first. */
const running = [];

/** Starts a program; what it says goes to a file beside the data of this run. */
function start(name, command, args, env = {}) {
  if (cleaning) {
    throw new Error("interrupted");
  }
  const log = join(work, `${name}.log`);
  const output = openSync(log, "a");
  const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ["ignore", output, output] });
  closeSync(output);
  const ended = new Promise((settle) => {
    child.on("error", settle);
    child.on("exit", settle);
  });
  const started = { name, child, ended, log };
  running.unshift(started);
  return started;
}

async function stop(started) {
  const at = running.indexOf(started);
  if (at >= 0) {
    running.splice(at, 1); // whoever cleans up may have been first
  }
  if (started.child.exitCode === null && started.child.signalCode === null) {
    started.child.kill("SIGTERM");
    await started.ended;
  }
}

function fail(started, what) {
  return new Error(`${started.name} ${what}:\n${readFileSync(started.log, "utf8").slice(-2000)}`);
}

/** Waits until `ready` says so, as long as the program runs. */
async function until(started, ready) {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  let ended = false;
  started.ended.then(() => (ended = true));
  while (!(await ready().catch(() => false))) {
    if (ended || patience.aborted) {
      throw fail(started, ended ? "ended" : "did not become ready");
    }
    await sleep(200);
  }
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function ask(side, query, id) {
  const answer = await fetch(side.address, {
    method: "POST",
    headers: { Accept: "application/json", "Content-Type": "application/json", Cookie: side.cookie },
    body: JSON.stringify({ query, variables: { id: side.id(id) } }),
  });
  const body = await answer.text();
  const { data: answered, errors } = JSON.parse(body);
  if (errors || !Object.values(answered)[0]) {
    throw new Error(`${side.name} does not answer with ${id}: ${body.slice(0, 500)}`);
  }
  return { answered, bytes: Buffer.byteLength(body) };
}

/** Makes a demo world, unless there is one of that size. Under its name there are only finished ones. */
async function world(events) {
  const folder = join(data, String(events));
  if (!existsSync(folder)) {
    say(`making a world of ${thousands(events)} events …`);
    mkdirSync(data, { recursive: true });
    const half = `${folder}.new`;
    rmSync(half, { recursive: true, force: true });
    const made = start("demo", program, ["--data-dir", half, "demo", "--events", String(events)]);
    const patience = setTimeout(() => made.child.kill("SIGTERM"), PATIENCE_MS);
    await made.ended;
    clearTimeout(patience);
    await stop(made);
    if (made.child.exitCode !== 0) {
      throw fail(made, "failed");
    }
    renameSync(half, folder);
  }
  return folder;
}

async function serve(folder) {
  say("starting the service …");
  const port = await freePort();
  const listen = ["--listen", `127.0.0.1:${port}`, "--connections", String(CONNECTIONS)];
  const service = start("leerwerk", program, ["--data-dir", folder, "serve", "--demo", ...listen]);
  const address = `http://127.0.0.1:${port}`;
  let health;
  await until(service, async () => {
    const answer = await fetch(`${address}/health/ready`);
    health = await answer.json();
    return answer.ok && health.readModels.lag === 0 && health.readModels.stale.length === 0;
  });
  const signedIn = await fetch(`${address}/demo/session`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: '{"persona":"sanne"}',
  });
  const cookie = signedIn.headers.get("set-cookie").split(";")[0];
  return { service, address: `${address}/graphql`, cookie, events: health.log.position };
}

/** SQL on the private Postgres of a world, whose folder of the socket stands in its fifth line about itself. */
function database(folder) {
  const socket = readFileSync(join(folder, "postgres/postmaster.pid"), "utf8").split("\n")[4];
  const psql = (args, env = {}) =>
    execFileSync("psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", "-h", socket, "-U", "postgres", ...args, DATABASE], {
      encoding: "utf8",
      env: { ...process.env, ...env },
      timeout: PATIENCE_MS,
    });
  const lines = (sql) => psql(["-c", sql]).split("\n").slice(0, -1);
  return { socket, psql, lines };
}

/** Fills the ordinary tables from the newest tables of the read models. */
function fill({ psql, lines }) {
  say("filling PostGraphile's tables …");
  const schemas = lines(`SELECT DISTINCT ON (relname) quote_ident(nspname)
    FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
    WHERE nspname LIKE 'readmodel%' AND relkind = 'r' AND relname = ANY('{${MODELS}}')
    ORDER BY relname, pg_class.oid DESC`);
  if (schemas.length !== MODELS.length) {
    throw new Error(`of the read models ${MODELS.join(", ")} only ${schemas.length} have a table`);
  }
  const path = [...new Set(schemas)].join(",");
  psql(["-f", "tables.sql"], { PGOPTIONS: `-c search_path=${path} -c client_min_messages=warning` });
}

async function postgraphile(socket, processes) {
  const port = await freePort();
  const name = `postgraphile-${processes}`;
  const env = { NODE_ENV: "production", GRAPHILE_ENV: "production" };
  const args = [join(import.meta.dirname, "server.mjs"), socket, String(port), String(processes)];
  const server = start(name, process.execPath, args, env);
  const side = { name, server, processes, address: `http://127.0.0.1:${port}/graphql`, cookie: "", id: (id) => id };
  await until(server, async () => {
    const answer = await fetch(side.address, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json" },
      body: '{"query":"{ __typename }"}',
    });
    return answer.ok;
  });
  return side;
}

/** Which pages are asked for: one, a number of them, and where there are more than that, each in turn. */
function variants(page, { lines }) {
  const from = `FROM postgraphile.${page.table} WHERE ${page.where}`;
  const one = lines(`SELECT id ${from} ${page.one}`);
  const all = lines(`SELECT id ${from} ORDER BY md5(id::text)`);
  const many = all.slice(0, MANY);
  return { one, many, ...(all.length > 2 * MANY && { all }) };
}

/** Both sides tell the same of each page; returns the size of the smallest answer of each. */
async function check(page, ids, sides) {
  const smallest = sides.map(() => Infinity);
  const counts = { entries: 0, participants: 0, cycles: 0, sources: 0 };
  for (const id of ids) {
    const answers = [];
    for (const [n, side] of sides.entries()) {
      const { answered, bytes } = await ask(side, side.query(page), id);
      smallest[n] = Math.min(smallest[n], bytes);
      answers.push(side.plain(page)(answered));
    }
    const [ours, theirs] = answers;
    for (const field of Object.keys(ours)) {
      if (!isDeepStrictEqual(ours[field], theirs[field])) {
        const told = [ours[field], theirs[field]].map((side) => JSON.stringify(side, null, 1));
        throw new Error(`the ${field} of ${page.table} ${id} differ:\n${told.join("\n")}`);
      }
    }
    counts.entries += ours.timeline?.length ?? 0;
    counts.participants += ours.participants?.length ?? 0;
    counts.cycles += ours.cycles?.length ?? 0;
    counts.sources += ours.sections?.flatMap((section) => section.sources).length ?? 0;
  }
  const told = Object.entries(counts).filter(([, count]) => count > 0);
  say(`${ids.length} × ${page.name}: both tell the same (${told.map((pair) => pair.reverse().join(" ")).join(", ")})`);
  return smallest;
}

function bodies(side, page, variant, ids) {
  const file = join(work, `${side.name}-${page.table}-${variant}`);
  const query = side.query(page);
  writeFileSync(file, ids.map((id) => `${JSON.stringify({ query, variables: { id: side.id(id) } })}\n`).join(""));
  return file;
}

/** Asks with a number of connections, in a process of its own. */
async function load(side, file, smallest, connections, duration, settings = {}) {
  if (cleaning) {
    throw new Error("interrupted");
  }
  const env = { ...process.env, BENCH_COOKIE: side.cookie, BENCH_BODIES: file, ...settings };
  const args = ["-t1", `-c${connections}`, `-d${duration}s`, "--timeout", "30s", "-s", "ask.lua", side.address];
  const child = spawn("wrk", args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const asking = { name: "wrk", child, ended: once(child, "exit") };
  running.unshift(asking);
  let output = "";
  for await (const chunk of child.stdout) {
    output += chunk;
  }
  await asking.ended;
  await stop(asking);
  const measured = JSON.parse(output.trimEnd().split("\n").at(-1));
  // An error is shorter than any page.
  if (measured.bytes / measured.requests < smallest) {
    throw new Error(`${side.name} answers with errors: ${JSON.stringify(measured)}`);
  }
  if (measured.failed > 0) {
    throw new Error(`${side.name} did not answer everything: ${JSON.stringify(measured)}`);
  }
  return { ...measured, rate: measured.requests / measured.seconds };
}

/** As fast as a number of callers get answers, each with one request under way. */
function closed(side, file, smallest, callers, duration = seconds) {
  return load(side, file, smallest, callers, duration);
}

/** At about a rate, by as many callers as it takes when each pauses before it asks again. */
function paced(side, file, smallest, rate) {
  const callers = Math.max(1, Math.round((rate * PAUSE_MS) / 1000));
  return load(side, file, smallest, callers, seconds, { BENCH_PAUSE: String(PAUSE_MS) });
}

function median(measured) {
  const middle = (of) => measured.map(of).sort((a, b) => a - b)[Math.floor(measured.length / 2)];
  return { rate: middle((one) => one.rate), p50: middle((one) => one.p50), p99: middle((one) => one.p99) };
}

/** Measures some sides in turn, a few rounds; the medians of each. */
async function inTurn(sides, measure) {
  const measured = sides.map(() => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [n, side] of sides.entries()) {
      measured[n].push(await measure(side, n));
    }
  }
  return measured.map(median);
}

const ms = (number) => number.toFixed(2);

function row(events, page, variant, how, [ours, theirs], ratio) {
  console.log(
    `| ${thousands(events)} | ${page.name} | ${variant} | ${how} | ${thousands(ours.rate)} | ${thousands(theirs.rate)} ` +
      `| ${ratio} | ${ms(ours.p50)} | ${ms(theirs.p50)} | ${ms(ours.p99)} | ${ms(theirs.p99)} |`,
  );
}

/** The better of one PostGraphile and a cluster of two: with two there is one for each of few cores. */
async function better(sides, files, floors) {
  const score = sides.map(() => 0);
  const told = [];
  for (const page of PAGES) {
    const measured = await inTurn(sides, (side, n) => {
      return closed(side, files.get(page)[n].many, floors.get(page)[n], Math.max(...callers));
    });
    for (const [n, { rate }] of measured.entries()) {
      score[n] += Math.log(rate);
    }
    told.push(`${page.name} ${measured.map(({ rate }) => thousands(rate)).join(" and ")}`);
  }
  const best = score[1] > score[0] ? 1 : 0;
  say(`PostGraphile with one process and with two, per second: ${told.join(", ")}; with ${best + 1} it is compared`);
  return best;
}

async function compare(wanted) {
  const folder = await world(wanted);
  const { service, address, cookie, events } = await serve(folder);
  const sql = database(folder);
  fill(sql);
  const ours = {
    name: "leerwerk",
    address,
    cookie,
    query: (page) => page.ours,
    plain: (page) => page.fromOurs,
  };
  const theirs = [];
  for (const processes of [1, 2]) {
    const side = await postgraphile(sql.socket, processes);
    theirs.push({ ...side, query: (page) => page.theirs, plain: (page) => page.fromTheirs });
  }

  const sides = [ours, ...theirs];
  const [chosen, files, floors] = [new Map(), new Map(), new Map()];
  for (const page of PAGES) {
    ours.id = (id) => `${page.kind}-${id}`;
    const ids = variants(page, sql);
    chosen.set(page, ids);
    const same = await check(page, [...ids.one, ...ids.many], [ours, theirs[0]]);
    const floor = [...same, same[1]];
    // What was not compared may have less to tell.
    floors.set(page, ids.all ? floor.map((bytes) => bytes / 2) : floor);
    const written = sides.map((side) =>
      Object.fromEntries(
        Object.entries(ids).map(([variant, list]) => [variant, bodies(side, page, variant, list)]),
      ),
    );
    files.set(page, written);
    for (const [n, side] of sides.entries()) {
      await closed(side, written[n].many, floors.get(page)[n], 8, WARM_UP_SECONDS);
    }
  }
  const only = (map) => new Map([...map].map(([page, list]) => [page, list.slice(1)]));
  const best = await better(theirs, only(files), only(floors));
  await stop(theirs[1 - best].server);

  const two = [0, 1 + best];
  const pair = two.map((n) => sides[n]);
  for (const page of PAGES) {
    const at = (n, variant) => [files.get(page)[two[n]][variant], floors.get(page)[two[n]]];
    const most = [0, 0];
    for (const [variant, ids] of Object.entries(chosen.get(page))) {
      for (const count of callers) {
        const measured = await inTurn(pair, (side, n) => closed(side, ...at(n, variant), count));
        const ratio = (measured[0].rate / measured[1].rate).toFixed(2);
        row(events, page, thousands(ids.length), count, measured, ratio);
        if (variant === "many") {
          measured.forEach(({ rate }, n) => (most[n] = Math.max(most[n], rate)));
        }
      }
    }
    const measured = await inTurn(pair, (side, n) => paced(side, ...at(n, "many"), most[n] / 2));
    row(events, page, thousands(chosen.get(page).many.length), "at half the most", measured, "");
  }
  await stop(pair[1].server);
  await stop(service);
}

function expected() {
  const runs = (variants) => 2 * (variants * callers.length * 2 * rounds + 2 * rounds + 2 * rounds) * seconds;
  const perWorld = numbers(options.events).map((events) => runs(events > 50_000 ? 3 : 2) + 6 * WARM_UP_SECONDS + 60);
  return Math.ceil(perWorld.reduce((sum, each) => sum + each, 0) / 60);
}

async function main() {
  say(`This takes about ${expected()} minutes, and making a world of a million events a few more.`);
  console.log("| events | page | of | callers | per second | PostGraphile | ratio | p50 ms | PostGraphile | p99 ms | PostGraphile |");
  console.log("|---|---|---|---|---|---|---|---|---|---|---|");
  for (const events of numbers(options.events)) {
    await compare(events);
  }
}

/** Stops what runs, once, whoever asks. */
function clean() {
  cleaning ??= (async () => {
    while (running.length > 0) {
      await stop(running[0]);
    }
    rmSync(work, { recursive: true, force: true });
  })();
  return cleaning;
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
  process.on(signal, () => clean().finally(() => process.exit(1)));
}

try {
  await main();
} catch (error) {
  if (!cleaning) {
    console.error(error);
  }
  process.exitCode = 1;
} finally {
  await clean();
}
