#include "net/download.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <memory>
#include <vector>

#include "files/atomic_file.hpp"
#include "files/file.hpp"
#include "net/transfer.hpp"
#include "net/url.hpp"

namespace vidi::net {
namespace {

namespace fs = std::filesystem;

Error disk_error(const files::Failure& failure) { return files::explain(failure, "the downloaded file"); }

// The MD5 of a file's bytes in hexadecimal, which only tells whether the right file arrived: against whoever changes it
// on the way stands TLS.
Result<std::string> md5_of(const files::File& file) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (!context || EVP_DigestInit_ex(context.get(), EVP_md5(), nullptr) != 1) {
    return fail(ErrorCode::internal, "OpenSSL computes no MD5 here");
  }
  Bytes bytes(std::size_t{1} << 20U);
  for (std::uint64_t offset = 0;;) {
    const auto read = file.read(bytes, offset);
    if (!read) return std::unexpected(disk_error(read.error()));
    if (*read == 0) break;
    EVP_DigestUpdate(context.get(), bytes.data(), *read);
    offset += *read;
  }
  Bytes digest(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()), &size);
  digest.resize(size);
  return to_hex(digest);
}

Result<bool> is_there(const FileRequest& request) {
  const auto file = files::File::open(request.path, O_RDONLY | O_CLOEXEC);
  if (!file && file.error().code == ENOENT) return false;
  if (!file) return std::unexpected(disk_error(file.error()));
  auto md5 = md5_of(*file);
  if (!md5) return forward_error(md5);
  return *md5 == request.md5;
}

// Goes on with what `part` holds.
Result<void> fetch(const FileRequest& request, files::File& part) {
  const auto size = part.size();
  if (!size) return std::unexpected(disk_error(size.error()));
  std::uint64_t offset = *size;
  Transfer wanted{.url = request.url,
                  .from = offset,
                  .max_bytes = request.max_bytes,
                  .timeout = {},
                  .patience = request.patience,
                  .take = {},
                  .progress = request.progress};
  wanted.take = [&](ByteView bytes) -> Result<void> {
    if (auto written = part.write(bytes, offset); !written) return std::unexpected(disk_error(written.error()));
    offset += bytes.size();
    return {};
  };
  return transfer(wanted);
}

// Downloads until the checksum is right; what is wrong is thrown away once.
Result<void> complete(const FileRequest& request, files::File& part) {
  bool is_fresh = false;
  const auto restart = [&]() -> Result<void> {
    is_fresh = true;
    if (auto emptied = part.truncate(0); !emptied) return std::unexpected(disk_error(emptied.error()));
    return {};
  };
  // A part that is whole already is not asked for again: there is nothing behind its end.
  for (int tries = request.tries;;) {
    auto md5 = md5_of(part);
    if (!md5) return forward_error(md5);
    if (*md5 == request.md5) return {};
    auto fetched = fetch(request, part);
    if (!fetched) {
      const ErrorCode code = fetched.error().code;
      const bool can_restart = !is_fresh && (code == ErrorCode::conflict || code == ErrorCode::too_large);
      const bool can_wait = code == ErrorCode::unavailable || code == ErrorCode::deadline_exceeded;
      if (can_restart) {
        if (auto emptied = restart(); !emptied) return emptied;
      } else if (!can_wait || --tries <= 0) {
        return fetched;
      }
      continue;
    }
    md5 = md5_of(part);
    if (!md5) return forward_error(md5);
    if (*md5 == request.md5) return {};
    const bool was_fresh = is_fresh;
    if (auto emptied = restart(); !emptied) return emptied;
    if (was_fresh) {
      return fail(ErrorCode::undecodable, fmt::format("{} gave a file whose MD5 is {} and not {}",
                                                      without_query(request.url), *md5, request.md5));
    }
  }
}

// Opens PATH.part for this process alone. When another one finished it meanwhile, it is not the file of that name any
// more.
Result<files::File> lock_part(const fs::path& path) {
  while (true) {
    auto part = files::File::open(path, O_RDWR | O_CREAT | O_CLOEXEC);
    if (!part) return std::unexpected(disk_error(part.error()));
    while (flock(part->descriptor(), LOCK_EX) != 0) {
      if (errno != EINTR) return std::unexpected(disk_error({.code = errno}));
    }
    struct stat locked{};
    struct stat named{};
    if (fstat(part->descriptor(), &locked) == 0 && stat(path.c_str(), &named) == 0 && locked.st_ino == named.st_ino) {
      return std::move(*part);
    }
  }
}

}  // namespace

Result<Bytes> download(const std::string& url, const Limits& limits) {
  Bytes bytes;
  Transfer wanted{.url = url,
                  .from = 0,
                  .max_bytes = limits.max_bytes,
                  .timeout = limits.timeout,
                  .patience = limits.timeout,
                  .take = {},
                  .progress = {}};
  wanted.take = [&](ByteView arrived) -> Result<void> {
    bytes.insert(bytes.end(), arrived.begin(), arrived.end());
    return {};
  };
  if (auto done = transfer(wanted); !done) return forward_error(done);
  return bytes;
}

Result<void> download_file(const FileRequest& request) {
  auto there = is_there(request);
  if (!there) return forward_error(there);
  if (*there) return {};
  std::error_code error;
  fs::create_directories(request.path.parent_path(), error);
  if (error)
    return fail(ErrorCode::internal, fmt::format("the folder for downloads cannot be made: {}", error.message()));
  const fs::path part_path = request.path.string() + ".part";
  auto part = lock_part(part_path);
  if (!part) return forward_error(part);
  // Another process may have been faster.
  there = is_there(request);
  if (!there) return forward_error(there);
  if (*there) {
    fs::remove(part_path, error);
    return {};
  }
  if (auto done = complete(request, *part); !done) return done;
  const auto kept = files::put_in_place(part_path, request.path);
  if (!kept) return std::unexpected(disk_error(kept.error()));
  return {};
}

}  // namespace vidi::net
