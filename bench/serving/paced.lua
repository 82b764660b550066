-- An open loop for wrk: requests have a fixed schedule, and a latency counts from when a request was due, so that a
-- server that stalls does not slow its own measurement down. It needs as many threads as connections: then an answer
-- belongs to the last request of its thread. RATE is of all together; 0 sends as fast as answers come.
--
-- wrk waits in milliseconds, so a request may leave up to one early, never late by that; one that leaves early counts
-- from when it left. BODIES and HEADERS are as for load.lua. A script that runs this one may define `check`, which gets
-- the number of the body that was sent and its answer, and returns what is wrong with it.

local ffi = require("ffi")
ffi.cdef([[
  typedef struct { long seconds; long nanoseconds; } paced_time;
  int clock_gettime(int clock, paced_time *time);
]])
local MONOTONIC = 1
local clock = ffi.new("paced_time")

local function now_us()
  ffi.C.clock_gettime(MONOTONIC, clock)
  return tonumber(clock.seconds) * 1e6 + tonumber(clock.nanoseconds) / 1e3
end

local threads = {}
local requests, interval, claimed, sent, due, last = {}, 0, 0, 0, 0, 0

-- Results of a thread, which `done` reads: answers by latency, and what went wrong.
counts, answered, refused, wrong, complaints = {}, 0, 0, 0, {}

function setup(thread)
  thread:set("number", #threads)
  threads[#threads + 1] = thread
end

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
  local at = 0
  while true do
    local body = read(os.getenv("BODIES") .. "/" .. at)
    if not body then
      break
    end
    requests[at + 1] = wrk.format("POST", nil, headers, body)
    at = at + 1
  end
  local rate = tonumber(os.getenv("RATE"))
  if rate > 0 then
    interval = tonumber(os.getenv("CONNECTIONS")) / rate * 1e6
  end
end

-- Milliseconds to the next request of the schedule.
function delay()
  if interval == 0 then
    return 0
  end
  if claimed == 0 then
    -- Threads start one after the other; their schedules interleave.
    start = now_us() + interval * number / tonumber(os.getenv("CONNECTIONS"))
  end
  due = start + claimed * interval
  claimed = claimed + 1
  return math.max(0, math.floor((due - now_us()) / 1e3))
end

function request()
  last = (sent + number) % #requests
  sent = sent + 1
  local now = now_us()
  if interval == 0 or due > now then
    due = now
  end
  return requests[last + 1]
end

-- Exact below 1,024 microseconds; above, rounded down by less than 1.6 %.
local function bucket(us)
  us = math.floor(us)
  local unit = 1
  while us >= 1024 * unit do
    unit = unit * 2
  end
  unit = unit > 1 and unit * 8 or 1
  return us - us % unit
end

local function complain(text)
  wrong = wrong + 1
  if #complaints < 3 then
    complaints[#complaints + 1] = text
  end
end

function response(status, headers, body)
  local at = bucket(now_us() - due)
  counts[at] = (counts[at] or 0) + 1
  answered = answered + 1
  if status ~= 200 then
    refused = refused + 1
    if #complaints < 3 then
      complaints[#complaints + 1] = status .. " " .. body:sub(1, 200)
    end
  elseif check then
    local problem = check(last, body)
    if problem then
      complain(problem)
    end
  end
end

local function quote(text)
  return '"' .. text:gsub('[%c"\\]', function(c) return string.format("\\u%04x", c:byte()) end) .. '"'
end

function done(summary)
  local all, keys, total, said, found = {}, {}, 0, {}, { answered = 0, refused = 0, wrong = 0 }
  for _, thread in ipairs(threads) do
    for at, count in pairs(thread:get("counts")) do
      at = tonumber(at)
      if not all[at] then
        keys[#keys + 1] = at
      end
      all[at] = (all[at] or 0) + count
      total = total + count
    end
    for name in pairs(found) do
      found[name] = found[name] + thread:get(name)
    end
    for _, text in ipairs(thread:get("complaints")) do
      said[#said + 1] = quote(text)
    end
  end
  table.sort(keys)
  local function percentile(share)
    local left = share * total
    for _, at in ipairs(keys) do
      left = left - all[at]
      if left <= 0 then
        return at
      end
    end
    return keys[#keys] or 0
  end
  local errors = summary.errors
  local more = report and report(threads) or ""
  io.write(string.format(
    '\n{"requests":%d,"seconds":%.6f,"refused":%d,"wrong":%d,"broken":%d,"p50_us":%d,"p99_us":%d,"p999_us":%d,"max_us":%d,'
      .. '"complaints":[%s]%s}\n',
    found.answered, summary.duration / 1e6, found.refused, found.wrong,
    errors.connect + errors.read + errors.write + errors.timeout,
    percentile(0.5), percentile(0.99), percentile(0.999), percentile(1), table.concat(said, ","), more))
end
