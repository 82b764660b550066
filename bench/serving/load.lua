-- A closed loop for wrk: every connection sends its next request when the answer to the last one is there.
-- BODIES is a folder of numbered bodies that are sent in turn, HEADERS a file of headers, one a line.

local requests, at = {}, 0

local function read(path)
  local file = io.open(path, "rb")
  if not file then
    return nil
  end
  local text = file:read("*a")
  file:close()
  return text
end

function init()
  local headers = {}
  for line in io.lines(os.getenv("HEADERS")) do
    local name, value = line:match("^([^:]+): (.*)$")
    headers[name] = value
  end
  local number = 0
  while true do
    local body = read(os.getenv("BODIES") .. "/" .. number)
    if not body then
      break
    end
    requests[number + 1] = wrk.format("POST", nil, headers, body)
    number = number + 1
  end
end

function request()
  at = at % #requests + 1
  return requests[at]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"refused":%d,"broken":%d,"p50_us":%.1f,"p99_us":%.1f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
