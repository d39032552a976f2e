-- For wrk: one row of the Open Inference Protocol, version 2. INPUT and OUTPUT name the tensors, SHAPE is the row's
-- ("1,28,28,1"), COUNT its values, FORM "binary" or "json". Every value is 0.5.

local input, output = assert(os.getenv("INPUT")), assert(os.getenv("OUTPUT"))
local shape, count = assert(os.getenv("SHAPE")), tonumber(assert(os.getenv("COUNT")))

wrk.method = "POST"
local tensor = '{"inputs":[{"name":"' .. input .. '","shape":[' .. shape .. '],"datatype":"FP32",'
if os.getenv("FORM") == "binary" then
  local json = tensor .. '"parameters":{"binary_data_size":' .. 4 * count .. '}}],' ..
    '"outputs":[{"name":"' .. output .. '","parameters":{"binary_data":true}}]}'
  wrk.headers["Content-Type"] = "application/octet-stream"
  wrk.headers["Inference-Header-Content-Length"] = tostring(#json)
  wrk.body = json .. string.rep("\0\0\0\63", count)
else
  local values = {}
  for i = 1, count do values[i] = "0.5" end
  wrk.headers["Content-Type"] = "application/json"
  wrk.body = tensor .. '"data":[' .. table.concat(values, ",") .. ']}]}'
end
