#include "objects/s3/s3_store.hpp"

#include <arrow/buffer.h>
#include <arrow/filesystem/s3fs.h>
#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <fmt/format.h>

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "core/worker_pool.hpp"
#include "objects/s3/connection.hpp"

namespace vidi::objects::s3 {
namespace {

using FileSystem = std::shared_ptr<arrow::fs::S3FileSystem>;

class S3Store final : public ObjectStore {
 public:
  S3Store(Address address, FileSystem files)
      : address_(std::move(address)),
        files_(std::move(files)),
        pool_({.threads = static_cast<std::size_t>(address_.connections), .max_queue = 1024}) {}

  Task<Result<void>> put(Digest digest, ByteView bytes) override {
    auto work = [&] { return put_now(digest, bytes); };
    co_return co_await run_on(pool_, work);
  }

  Task<Result<std::optional<Bytes>>> get(Digest digest) override {
    auto work = [&] { return get_now(digest); };
    co_return co_await run_on(pool_, work);
  }

  Task<Result<bool>> contains(Digest digest) override {
    auto work = [&] { return contains_now(digest); };
    co_return co_await run_on(pool_, work);
  }

  Task<Result<bool>> remove(Digest digest) override {
    auto work = [&]() -> Result<bool> {
      auto there = contains_now(digest);
      if (!there || !*there) return there;
      const arrow::Status status = files_->DeleteFile(path_of(digest));
      if (!status.ok()) return std::unexpected(error_of(status));
      return true;
    };
    co_return co_await run_on(pool_, work);
  }

  Task<Result<void>> check() override {
    auto work = [&]() -> Result<void> {
      const auto info = files_->GetFileInfo(address_.bucket);
      if (!info.ok()) return std::unexpected(error_of(info.status()));
      if (info->type() == arrow::fs::FileType::Directory) return {};
      return fail(ErrorCode::unavailable, fmt::format("S3: there is no bucket {}", address_.bucket));
    };
    co_return co_await run_on(pool_, work);
  }

 private:
  [[nodiscard]] std::string path_of(const Digest& digest) const {
    return address_.bucket + "/" + key_of(address_, digest);
  }

  Result<bool> contains_now(const Digest& digest) {
    const auto info = files_->GetFileInfo(path_of(digest));
    if (!info.ok()) return std::unexpected(error_of(info.status()));
    return info->type() == arrow::fs::FileType::File;
  }

  // A picture's name is its content, so one that is there needs not be sent again.
  Result<void> put_now(const Digest& digest, ByteView bytes) {
    const auto there = contains_now(digest);
    if (!there) return forward_error(there);
    if (*there) return {};
    auto stream = files_->OpenOutputStream(path_of(digest), nullptr);
    if (!stream.ok()) return std::unexpected(error_of(stream.status()));
    arrow::Status status = (*stream)->Write(bytes.data(), static_cast<std::int64_t>(bytes.size()));
    if (status.ok()) status = (*stream)->Close();
    if (!status.ok()) return std::unexpected(error_of(status));
    return {};
  }

  Result<std::optional<Bytes>> get_now(const Digest& digest) {
    const auto there = contains_now(digest);
    if (!there) return forward_error(there);
    if (!*there) return std::optional<Bytes>();
    auto file = files_->OpenInputFile(path_of(digest));
    if (!file.ok()) return std::unexpected(error_of(file.status()));
    const auto size = (*file)->GetSize();
    if (!size.ok()) return std::unexpected(error_of(size.status()));
    const auto buffer = (*file)->ReadAt(0, *size);
    if (!buffer.ok()) return std::unexpected(error_of(buffer.status()));
    const auto view = std::as_bytes(std::span((*buffer)->data(), static_cast<std::size_t>((*buffer)->size())));
    Bytes bytes(view.begin(), view.end());
    if (sha256(bytes) != digest) return fail(ErrorCode::internal, "a stored picture is damaged");
    return bytes;
  }

  const Address address_;
  const FileSystem files_;
  WorkerPool pool_;  // last: it ends before what it uses
};

std::unique_ptr<ObjectStore> open(const std::string& url, const Secrets&) {
  return open_store(url, credentials_from_environment());
}

Result<std::string> link(const std::string& url, const Digest& digest, std::chrono::seconds expires,
                         std::chrono::sys_seconds now) {
  const auto address = parse_address(url);
  if (!address) return forward_error(address);
  return presign(*address, key_of(*address, digest), credentials_from_environment(), expires, now);
}

}  // namespace

std::string key_of(const Address& address, const Digest& digest) {
  const std::string name = to_string(digest);
  return fmt::format("{}{}{}/{}", address.prefix, address.prefix.empty() ? "" : "/", name.substr(0, 2), name);
}

std::unique_ptr<ObjectStore> open_store(const std::string& url, const Credentials& credentials) {
  auto address = parse_address(url);
  if (!address) throw std::runtime_error(address.error().message);
  auto files = connect(*address, credentials);
  if (!files) throw std::runtime_error(files.error().message);
  return std::make_unique<S3Store>(std::move(*address), std::move(*files));
}

Kind kind() {
  return {.traits = {.scheme = "s3", .form = "s3://BUCKET/PREFIX?OPTIONS", .is_remote = true},
          .open = open,
          .link = link,
          .finish = finish};
}

}  // namespace vidi::objects::s3
