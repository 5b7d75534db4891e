// Starts the program under test with a data directory of its own, and runs its other commands beside it.
import { execFile, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { keysIn, said } from './kept.js';
import { until } from './until.js';

const PROGRAM = process.env.LEERWERK ?? fileURLToPath(new URL('../../target/debug/leerwerk', import.meta.url));

/** How much of what a service logs is kept at hand, in characters; all of it is in a file. */
const REMEMBERED = 1 << 20;

// What still runs, and what still lies about, when the tests end, however they end.
const running = new Set();
const directories = new Set();
process.on('exit', () => {
  running.forEach((child) => child.kill('SIGKILL'));
  directories.forEach((directory) => rmSync(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
});
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));

/** The environment without what would configure the program or change what it says. */
function environment(more) {
  const left = (name) => /^(LEERWERK|DATABASE_URL$|RUST_)/.test(name) && name !== 'LEERWERK_POSTGRES_USER';
  const kept = Object.entries(process.env).filter(([name]) => !left(name));
  return { ...Object.fromEntries(kept), NO_COLOR: '1', ...more };
}

/** An empty directory that the user who runs Postgres can enter. */
export function freshDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'leerwerk-test-'));
  chmodSync(directory, 0o755);
  directories.add(directory);
  return directory;
}

/** Runs the program until it ends; never throws on its exit code. */
export function run(args, env = {}) {
  return new Promise((resolve) => {
    const options = { env: environment(env), maxBuffer: 256 * 1024 * 1024, timeout: 60_000 };
    execFile(PROGRAM, args, options, (error, stdout, stderr) => {
      // A key of the log is what this command was asked for.
      if (args[0] !== 'log-key') said('command', { answers: true }).end(stdout);
      said('command').end(stderr);
      resolve({ code: error ? (error.code ?? error.signal) : 0, stdout, stderr });
    });
  });
}

/**
 * Starts the service and waits until it listens. `data`: the directory of an earlier service of the tests, to take it up
 * again; left out: a new one.
 */
export async function serve({ demo = true, data = join(freshDirectory(), 'data'), args = [] } = {}) {
  // It says all it can say: that is searched for secrets when all tests have run.
  const env = { LEERWERK_DATA_DIR: data, LEERWERK_LISTEN: '127.0.0.1:0', LEERWERK_LOG: 'trace' };
  const child = spawn(PROGRAM, ['serve', ...(demo ? ['--demo'] : []), ...args], { env: environment(env) });
  running.add(child);
  const service = new Service(child, data);
  child.stdout.on('data', (text) => (service.told += text));
  child.stderr.on('data', (text) => (service.logged = (service.logged + text).slice(-REMEMBERED)));
  child.stdout.pipe(said('service', { answers: true }));
  child.stderr.pipe(said('service'));
  service.ended = new Promise((resolve) => {
    child.on('exit', (code, signal) => {
      running.delete(child);
      service.exit = { code, signal };
      resolve(service.exit);
    });
  });
  const listening = () => {
    if (service.exit) throw new Error(`the service ended before it listened:\n${service.logged}`);
    return /^Leerwerk is at (http:\S+)/m.exec(service.told)?.[1];
  };
  service.url = await until('the service listens', listening, { within: 90_000 });
  keysIn(data);
  return service;
}

class Service {
  told = '';
  logged = '';
  url = '';
  exit = null;

  constructor(child, data) {
    this.child = child;
    this.data = data;
  }

  /** The process id of its private Postgres. */
  postgres() {
    return Number(readFileSync(join(this.data, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
  }

  /** Another command of the program, on the same data. */
  command(...args) {
    return run(args, { LEERWERK_DATA_DIR: this.data, LEERWERK_LOG: 'error' });
  }

  get(path, options) {
    return fetch(this.url + path, options);
  }

  signal(signal) {
    this.child.kill(signal);
    return this.ended;
  }

  /** Stops it. What it kept is removed when the tests end. */
  async stop() {
    if (this.exit) return;
    const impatient = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    await this.signal('SIGTERM');
    clearTimeout(impatient);
  }
}

/** Whether a process is there. */
export function lives(pid) {
  try {
    process.kill(pid, 0);
    // A process that ended but was not waited for is gone too.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (error) {
    return error.code === 'EPERM';
  }
}
