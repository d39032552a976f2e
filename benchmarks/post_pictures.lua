-- For wrk: posts every file of the folder DIR in turn as multipart form data, in the field `file`.

local boundary = "----vidi-benchmark"
local bodies = {}

local function read_file(path)
  local file = assert(io.open(path, "rb"))
  local content = file:read("*a")
  file:close()
  return content
end

local function form(path)
  return table.concat({
    "--", boundary, "\r\n",
    'Content-Disposition: form-data; name="file"; filename="', path:match("[^/]+$"), '"\r\n',
    "Content-Type: image/png\r\n\r\n", read_file(path), "\r\n--", boundary, "--\r\n",
  })
end

local listing = io.popen("find '" .. assert(os.getenv("DIR"), "set DIR to a folder of pictures") .. "' -type f | sort")
for path in listing:lines() do bodies[#bodies + 1] = form(path) end
listing:close()

wrk.method = "POST"
wrk.headers["Content-Type"] = "multipart/form-data; boundary=" .. boundary

local sent = 0
function request()
  sent = sent % #bodies + 1
  return wrk.format(nil, nil, nil, bodies[sent])
end
