-- What wrk sends: the bodies in a file, one a line, from a random one on and then round and round. What it says at the
-- end is one JSON object.
local requests, at = {}, 0

function init()
  local headers = {
    ["Accept"] = "application/json",
    ["Content-Type"] = "application/json",
    ["Cookie"] = os.getenv("BENCH_COOKIE"),
  }
  for body in io.lines(os.getenv("BENCH_BODIES")) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
  math.randomseed(os.time())
  at = math.random(#requests)
end

function request()
  at = at % #requests + 1
  return requests[at]
end

-- With BENCH_PAUSE, each connection waits about so many milliseconds before it asks again.
local pause = tonumber(os.getenv("BENCH_PAUSE"))
if pause then
  function delay()
    return math.random(2 * pause)
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"seconds":%f,"bytes":%.0f,"failed":%d,"p50":%f,"p99":%f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3
  ))
end
