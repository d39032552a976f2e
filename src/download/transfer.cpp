#include "download/transfer.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string_view>

namespace vidi::download {
namespace {

struct Session {
  const Transfer& transfer;
  std::uint64_t taken = 0;
  std::optional<Error> error;
};

constexpr std::string_view kProtocols = "http,https";

std::size_t take_bytes(char* bytes, std::size_t size, std::size_t count, void* given) {
  auto& session = *static_cast<Session*>(given);
  const std::size_t length = size * count;
  session.taken += length;
  if (session.transfer.from + session.taken > session.transfer.max_bytes) {
    session.error = Error{
        ErrorCode::too_large,
        fmt::format("{} has more than {} bytes", without_query(session.transfer.url), session.transfer.max_bytes)};
    return 0;
  }
  if (auto taken = session.transfer.take(as_bytes({bytes, length})); !taken) {
    session.error = std::move(taken.error());
    return 0;
  }
  return length;
}

int show_progress(void* given, curl_off_t total, curl_off_t now, curl_off_t, curl_off_t) {
  const auto& transfer = static_cast<Session*>(given)->transfer;
  transfer.progress(transfer.from + static_cast<std::uint64_t>(now),
                    total > 0 ? transfer.from + static_cast<std::uint64_t>(total) : 0);
  return 0;
}

// This thread's, with the connections that it has open; absent where there is no memory.
CURL* thread_handle() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (started != CURLE_OK) return nullptr;
  const auto close = [](CURL* handle) { curl_easy_cleanup(handle); };
  thread_local const std::unique_ptr<CURL, decltype(close)> handle(curl_easy_init(), close);
  if (handle) curl_easy_reset(handle.get());
  return handle.get();
}

void prepare(CURL* handle, Session& session) {
  const Transfer& transfer = session.transfer;
  const bool is_secure = transfer.url.starts_with("https:");
  curl_easy_setopt(handle, CURLOPT_URL, transfer.url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, kProtocols.data());
  curl_easy_setopt(handle, CURLOPT_REDIR_PROTOCOLS_STR, is_secure ? "https" : kProtocols.data());
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXREDIRS, 5L);
  curl_easy_setopt(handle, CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_USERAGENT, "vidi");
  curl_easy_setopt(handle, CURLOPT_MAXFILESIZE_LARGE, static_cast<curl_off_t>(transfer.max_bytes - transfer.from));
  curl_easy_setopt(handle, CURLOPT_RESUME_FROM_LARGE, static_cast<curl_off_t>(transfer.from));
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT, 20L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, static_cast<long>(transfer.timeout.count()));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT, transfer.patience.count() > 0 ? 1L : 0L);
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME, static_cast<long>(transfer.patience.count()));
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, take_bytes);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &session);
  if (transfer.progress) {
    curl_easy_setopt(handle, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(handle, CURLOPT_XFERINFOFUNCTION, show_progress);
    curl_easy_setopt(handle, CURLOPT_XFERINFODATA, &session);
  }
  // As OpenSSL by itself does, and so vidi's other connections.
  const char* authorities = std::getenv("SSL_CERT_FILE");  // NOLINT(concurrency-mt-unsafe): nobody sets it meanwhile
  if (authorities != nullptr && *authorities != '\0') curl_easy_setopt(handle, CURLOPT_CAINFO, authorities);
}

Error explain_status(CURL* handle, const std::string& url) {
  long status = 0;
  curl_off_t retry_after = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_easy_getinfo(handle, CURLINFO_RETRY_AFTER, &retry_after);
  Error error{ErrorCode::invalid_argument, fmt::format("{} was answered with {}", without_query(url), status)};
  if (status == 404 || status == 410) error.code = ErrorCode::not_found;
  if (status == 401 || status == 403) error.code = ErrorCode::forbidden;
  if (status == 416) error.code = ErrorCode::conflict;
  if (status == 408 || status == 429 || status >= 500) {
    error.code = ErrorCode::unavailable;
    error.retry_after = std::chrono::seconds(retry_after);
  }
  return error;
}

Error explain_failure(CURLcode code, const char* detail, const Transfer& transfer) {
  const std::string url = without_query(transfer.url);
  const std::string reason = *detail != '\0' ? detail : curl_easy_strerror(code);
  switch (code) {
    case CURLE_RANGE_ERROR:
    case CURLE_BAD_DOWNLOAD_RESUME:
      return {ErrorCode::conflict, fmt::format("{} cannot be gone on with", url)};
    case CURLE_FILESIZE_EXCEEDED:
      return {ErrorCode::too_large, fmt::format("{} has more than {} bytes", url, transfer.max_bytes)};
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_TOO_MANY_REDIRECTS:
      return {ErrorCode::invalid_argument, fmt::format("{}: {}", url, reason)};
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorCode::deadline_exceeded, fmt::format("{} did not come in time: {}", url, reason)};
    case CURLE_OUT_OF_MEMORY:
      return {ErrorCode::internal, fmt::format("{}: {}", url, reason)};
    default:
      return {ErrorCode::unavailable, fmt::format("{} cannot be reached: {}", url, reason)};
  }
}

}  // namespace

std::string without_query(const std::string& url) { return url.substr(0, url.find_first_of("?#")); }

Result<void> transfer(const Transfer& transfer) {
  if (transfer.from > transfer.max_bytes) {
    return fail(ErrorCode::too_large,
                fmt::format("{} has more than {} bytes", without_query(transfer.url), transfer.max_bytes));
  }
  CURL* handle = thread_handle();
  if (handle == nullptr) return fail(ErrorCode::internal, "libcurl cannot be started");
  Session session{.transfer = transfer, .taken = 0, .error = std::nullopt};
  std::string detail(CURL_ERROR_SIZE, '\0');
  prepare(handle, session);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail.data());
  const CURLcode code = curl_easy_perform(handle);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, nullptr);
  if (session.error) return std::unexpected(std::move(*session.error));
  if (code == CURLE_OK) return {};
  if (code == CURLE_HTTP_RETURNED_ERROR) return std::unexpected(explain_status(handle, transfer.url));
  return std::unexpected(explain_failure(code, detail.c_str(), transfer));
}

}  // namespace vidi::download
