#include "objects/s3/connection.hpp"

#include <arrow/filesystem/s3fs.h>
#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/status.h>

#include <algorithm>
#include <utility>

#include "objects/s3/s3_store.hpp"

namespace vidi::objects::s3 {
namespace {

arrow::Status start_library() {
  static const arrow::Status started = [] {
    auto options = arrow::fs::S3GlobalOptions::Defaults();
    options.log_level = arrow::fs::S3LogLevel::Fatal;
    return arrow::fs::InitializeS3(options);
  }();
  return started;
}

arrow::fs::S3Options options_of(const Address& address, const Credentials& credentials) {
  arrow::fs::S3Options options = arrow::fs::S3Options::Defaults();
  if (!credentials.access_key.empty()) {
    options.ConfigureAccessKey(credentials.access_key, credentials.secret_key, credentials.session_token);
  }
  options.region = address.region;
  options.scheme = address.scheme;
  options.endpoint_override = address.endpoint;
  options.connect_timeout = std::chrono::duration<double>(address.connect_timeout).count();
  options.request_timeout = std::chrono::duration<double>(address.request_timeout).count();
  options.retry_strategy = arrow::fs::S3RetryStrategy::GetAwsStandardRetryStrategy(address.attempts);
  options.background_writes = false;
  // One request for a picture instead of a multipart upload.
  options.allow_delayed_open = true;
  return options;
}

}  // namespace

Result<std::shared_ptr<arrow::fs::S3FileSystem>> connect(const Address& address, const Credentials& credentials) {
  const auto unusable = [](const arrow::Status& status) {
    return fail(ErrorCode::unavailable, "S3 cannot be used: " + status.message());
  };
  if (const arrow::Status started = start_library(); !started.ok()) return unusable(started);
  // The library keeps as many connections as it has threads for input and output.
  if (arrow::io::GetIOThreadPoolCapacity() < address.connections) {
    const arrow::Status set = arrow::io::SetIOThreadPoolCapacity(address.connections);
    if (!set.ok()) return unusable(set);
  }
  auto files = arrow::fs::S3FileSystem::Make(options_of(address, credentials));
  if (!files.ok()) return unusable(files.status());
  return std::move(*files);
}

Error error_of(const arrow::Status& status) { return {ErrorCode::unavailable, "S3: " + status.message()}; }

void finish() {
  if (arrow::fs::IsS3Initialized()) static_cast<void>(arrow::fs::FinalizeS3());
}

}  // namespace vidi::objects::s3
