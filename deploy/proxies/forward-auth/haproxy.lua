-- Asks Doorward about each request to a site: `http-request lua.doorward` in haproxy.cfg beside it.

local asked_at = "http://127.0.0.1:8000/forward-auth/"
-- Who it is, as the site is told; all of them, or nobody gets through.
local told = { "remote-user", "remote-email", "remote-name", "remote-customer", "doorward-assertion" }
-- What Doorward looks at besides the address: who it is, and whether a browser opens a page.
local passed_on = { "cookie", "accept", "accept-language", "sec-fetch-mode", "user-agent" }
-- What is between two programs alone.
local of_connection = { ["connection"] = true, ["content-length"] = true, ["keep-alive"] = true, ["transfer-encoding"] = true }

local function answer(txn, status, headers, body)
  local reply = txn:reply({ status = status, body = body })
  for name, values in pairs(headers) do
    if not of_connection[name] then
      for _, value in pairs(values) do reply:add_header(name, value) end
    end
  end
  txn:done(reply)
end

core.register_action("doorward", { "http-req" }, function(txn)
  local came = txn.http:req_get_headers()
  local headers = {
    -- haproxy.cfg sets these, so that they are not the client's.
    ["x-forwarded-for"] = { came["x-forwarded-for"][0] },
    ["x-forwarded-host"] = { came["x-forwarded-host"][0] },
    ["x-forwarded-proto"] = { came["x-forwarded-proto"][0] },
    ["x-forwarded-method"] = { txn.f:method() },
    ["x-forwarded-uri"] = { txn.f:pathq() },
  }
  for _, name in ipairs(passed_on) do
    local values = {}
    for _, value in pairs(came[name] or {}) do table.insert(values, value) end
    -- A browser that speaks HTTP/2 may send its cookies one by one (RFC 9113, 8.2.3).
    if #values > 0 then headers[name] = { table.concat(values, name == "cookie" and "; " or ", ") } end
  end
  local said = core.httpclient():get({ url = asked_at, headers = headers })
  if said == nil or said.status == nil or said.status == 0 then
    return answer(txn, 503, { ["content-type"] = { "text/plain" } }, "The portal does not answer.\n")
  end
  if said.status ~= 200 then
    return answer(txn, said.status, said.headers, said.body)
  end
  for _, name in ipairs(told) do
    local value = said.headers[name] and said.headers[name][0]
    if value == nil then
      return answer(txn, 503, { ["content-type"] = { "text/plain" } }, "The portal does not say who it is.\n")
    end
    txn.http:req_set_header(name, value)
  end
  -- HAProxy goes on after a script that broke off: without this, haproxy.cfg lets nobody through.
  txn:set_var("txn.doorward", true)
end, 0)
