-- Requests for wrk: WORKLOAD names one of the functions below, RUNS is a file with a run id per line.
-- Steps begin at the time of day, so no two rounds write the same row.

local workload = os.getenv("WORKLOAD")
local runs, models = {}, 10

function init()
  for line in io.lines(os.getenv("RUNS")) do
    runs[#runs + 1] = line
  end
  first = (os.time() % 100000) * 1000000
  count = 0
end

local function post(path, body)
  return wrk.format("POST", "/api/2.0/mlflow" .. path, { ["Content-Type"] = "application/json" }, body)
end

local function get(path)
  return wrk.format("GET", "/api/2.0/mlflow" .. path)
end

local function a_run()
  return runs[count % #runs + 1]
end

local make = {}

function make.alias()
  return get(string.format("/registered-models/alias?name=bench_%d&alias=champion", count % models))
end

function make.get_run()
  return get("/runs/get?run_id=" .. a_run())
end

function make.create_run()
  return post("/runs/create", '{"experiment_id":"0","user_id":"bench","start_time":1700000000000,'
    .. '"tags":[{"key":"mlflow.user","value":"bench"},{"key":"mlflow.source.name","value":"bench"}]}')
end

function make.log_metric()
  return post("/runs/log-metric", string.format(
    '{"run_id":"%s","key":"loss","value":%f,"timestamp":%d,"step":%d}',
    a_run(), 1 / (count + 1), 1700000000000 + count, first + count))
end

function make.log_batch()
  local metrics = {}
  for index = 1, 100 do
    metrics[index] = string.format('{"key":"metric_%d","value":%f,"timestamp":%d,"step":%d}',
      index, index / (count + 1), 1700000000000 + count, first + count)
  end
  return post("/runs/log-batch", string.format('{"run_id":"%s","metrics":[%s]}', a_run(), table.concat(metrics, ",")))
end

function make.search_runs()
  return post("/runs/search", '{"experiment_ids":["1"],"max_results":100,'
    .. '"filter":"metrics.accuracy > 0.5 and params.depth = \'3\'","order_by":["metrics.accuracy DESC"]}')
end

function make.search_models()
  return get("/registered-models/search?max_results=100")
end

function request()
  count = count + 1
  return make[workload]()
end

function done(summary, latency)
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"p50_ms":%f,"p95_ms":%f,"failed":%d,"broken":%d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
