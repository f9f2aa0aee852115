-- Asks the URLs of a file, one a line, in turn; at the end prints what it did.

local requests = {}
local next_request = 0

function init(arguments)
  for url in io.lines(arguments[1]) do
    table.insert(requests, wrk.format("GET", (url:gsub("^%a+://[^/]+", ""))))
  end
end

function request()
  next_request = next_request % #requests + 1
  return requests[next_request]
end

function done(summary)
  local errors = summary.errors
  print(string.format("summary %d %d %d %d", summary.requests, summary.duration,
    summary.bytes, errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
