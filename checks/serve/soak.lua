-- What soak.py sends, with a check of every answer: all its rows have to be those of the version that it names.
-- EXPECTED is a Lua file: a list of two lists (versions that are odd, and even) of the
-- probabilities and labels of each body.

dofile(os.getenv("PACED"))

local expected = dofile(os.getenv("EXPECTED"))
-- Outputs that were read number by number once, as text: by parity and body.
local proven = { {}, {} }
versions = {}

local function numbers(text)
  local found = {}
  for number in text:gmatch("[^,%s]+") do
    found[#found + 1] = tonumber(number)
  end
  return found
end

local function differs(output, wanted, name, tolerance)
  local data = output:match('"name":"' .. name .. '".-"data":%[([^%]]*)%]')
  if not data then
    return "there is no " .. name
  end
  local found = numbers(data)
  if #found ~= #wanted then
    return #found .. " rows of " .. name .. ", not " .. #wanted
  end
  for row, value in ipairs(wanted) do
    if math.abs(found[row] - value) > tolerance then
      return "row " .. row - 1 .. ": " .. name .. " is " .. found[row] .. ", of this version it is " .. value
    end
  end
end

function check(number, body)
  local version = body:match('"model_version":"(%d+)"')
  local output = body:match('"outputs":.*$')
  if not version or not output then
    return "no version, or no outputs: " .. body:sub(1, 200)
  end
  versions[version] = (versions[version] or 0) + 1
  local parity = 2 - tonumber(version) % 2
  if proven[parity][number] == output then
    return nil
  end
  local wanted = expected[parity][number + 1]
  local problem = differs(output, wanted.probability, "probability", 1e-6)
    or differs(output, wanted.prediction, "prediction", 0)
  if problem then
    return "version " .. version .. ": " .. problem
  end
  proven[parity][number] = output
end

function report(threads)
  local all, text = {}, {}
  for _, thread in ipairs(threads) do
    for version, count in pairs(thread:get("versions")) do
      all[version] = (all[version] or 0) + count
    end
  end
  for version, count in pairs(all) do
    text[#text + 1] = string.format('"%s":%d', version, count)
  end
  return ',"versions":{' .. table.concat(text, ",") .. "}"
end
