#pragma once
// Gets what a URL of HTTP or HTTPS names. Redirects are followed (never from HTTPS to HTTP), certificates are checked,
// proxies are not used. Every function may be called from several threads; a thread keeps its last connection for its
// next call. Messages name a URL without its query, which may be a key.
//
// Errors: not_found (404, 410), forbidden (401, 403), too_large, unavailable (no answer, or one that says to try again
// later: 408, 429, 5xx; a certificate that cannot be trusted), deadline_exceeded, invalid_argument (no such URL, or any
// other answer than success).

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::net {

struct Limits {
  std::uint64_t max_bytes = std::uint64_t{64} << 20U;
  std::chrono::milliseconds timeout{30'000};  // for the whole of it
};

// Into memory.
Result<Bytes> download(const std::string& url, const Limits& limits);

struct FileRequest {
  std::string url;
  std::filesystem::path path;  // its folder is made where it is missing
  std::string md5;  // of the file's bytes, 32 lower-case hexadecimal digits; a file is never without its check
  std::uint64_t max_bytes = std::uint64_t{1} << 30U;
  std::chrono::seconds patience{30};  // how long nothing may arrive
  int tries = 3;                      // with what arrived kept in between
  // Called now and then with what is there and, where the server says, what there will be; else 0.
  std::function<void(std::uint64_t, std::uint64_t)> progress;
};

// Makes sure that the file is there with those contents: checks one that is there, and downloads it otherwise. What
// arrives goes to PATH.part, which a later call goes on with; `path` is only ever the whole file, checked. Calls for
// the same path, of other processes too, wait for each other. Errors besides: undecodable (other bytes than expected
// arrived, twice), internal (the disk).
Result<void> download_file(const FileRequest& request);

}  // namespace vidi::net
