// Asks at a fixed rate, whether or not what was asked before has been answered. Says what ask.lua says.
//
// It writes to sockets itself: Node's own client takes as much of the processor as the services that are measured.
//
// usage: BENCH_BODIES=<file> BENCH_COOKIE=<cookie> node pace.mjs <address> <per second> <seconds>
import { readFileSync } from "node:fs";
import { connect } from "node:net";

const [address, rate, seconds] = [new URL(process.argv[2]), Number(process.argv[3]), Number(process.argv[4])];
const total = Math.round(rate * seconds);
const requests = readFileSync(process.env.BENCH_BODIES, "utf8").trimEnd().split("\n").map(asRequest);

const taken = [];
let [sent, bytes, failed] = [0, 0, 0];
let next = Math.floor(Math.random() * requests.length);

function asRequest(body) {
  const head = [
    `POST ${address.pathname} HTTP/1.1`,
    `Host: ${address.host}`,
    "Accept: application/json",
    "Content-Type: application/json",
    `Cookie: ${process.env.BENCH_COOKIE}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`);
}

/** Connections on which nothing is under way; the one that was used last is used first. */
const idle = [];

function open() {
  const socket = connect(Number(address.port), address.hostname);
  socket.setNoDelay(true);
  const connection = { socket, from: 0, missing: 0, answered: false };
  socket.on("data", (chunk) => {
    bytes += chunk.length;
    if (connection.missing === 0) {
      const head = chunk.subarray(0, chunk.indexOf("\r\n\r\n") + 4).toString("latin1");
      connection.answered = head.startsWith("HTTP/1.1 200 ");
      connection.missing = head.length + Number(/^content-length: (\d+)\r$/im.exec(head)[1]);
    }
    connection.missing -= chunk.length;
    if (connection.missing === 0) {
      if (connection.answered) {
        taken.push(performance.now() - connection.from);
      } else {
        failed += 1;
      }
      idle.push(connection);
      end();
    }
  });
  socket.on("error", () => {
    failed += 1;
    end();
  });
  return connection;
}

function ask() {
  const connection = idle.pop() ?? open();
  connection.from = performance.now();
  connection.socket.write(requests[next]);
  next = (next + 1) % requests.length;
}

const began = performance.now();

function tick() {
  const due = Math.min(total, ((performance.now() - began) / 1000) * rate);
  for (; sent < due; sent += 1) {
    ask();
  }
  if (sent < total) {
    setTimeout(tick, 1);
  }
}

function end() {
  if (taken.length + failed < total) {
    return;
  }
  taken.sort((a, b) => a - b);
  const percentile = (of) => taken[Math.floor(taken.length * of)] ?? 0;
  const measured = { requests: taken.length, bytes, failed, p50: percentile(0.5), p99: percentile(0.99) };
  console.log(JSON.stringify({ ...measured, seconds: (performance.now() - began) / 1000 }));
  process.exit();
}

tick();
