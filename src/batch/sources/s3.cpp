#include <arrow/buffer.h>
#include <arrow/filesystem/s3fs.h>
#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <arrow/util/future.h>
#include <fmt/format.h>

#include <array>
#include <atomic>
#include <optional>
#include <utility>

#include "objects/s3/connection.hpp"
#include "sources/sources.hpp"

namespace vidi::sources {
namespace {

namespace s3 = objects::s3;

constexpr std::size_t kReads = 32;                       // with 20 ms a request 1,600 pictures a second
constexpr std::int64_t kRange = std::int64_t{8} << 20U;  // bytes of one request; larger pictures come in several

std::string version_of(const arrow::fs::FileInfo& info) {
  return fmt::format("{}", info.mtime().time_since_epoch().count());
}

class Bucket final : public Source {
 public:
  Bucket(s3::Address address, std::shared_ptr<arrow::fs::S3FileSystem> files)
      : address_(std::move(address)),
        files_(std::move(files)),
        root_(address_.prefix.empty() ? address_.bucket : address_.bucket + "/" + address_.prefix),
        name_(folder_of(root_ + "/", root_)) {}

  Result<void> list(const Take& take) override {
    arrow::fs::FileSelector selector;
    selector.base_dir = root_;
    selector.recursive = true;
    auto pages = files_->GetFileInfoGenerator(selector);
    while (true) {
      const auto page = pages().MoveResult();
      ++lists_;
      if (!page.ok()) return listing_failed(page.status());
      if (page->empty()) return {};
      for (const arrow::fs::FileInfo& info : *page) {
        if (info.type() != arrow::fs::FileType::File) continue;
        if (auto taken = take_file(info, take); !taken) return taken;
      }
    }
  }

  Result<Picture> read(const Entry& entry, std::uint64_t max_bytes) override {
    const std::string path = root_ + "/" + entry.key;
    if (entry.size > static_cast<std::int64_t>(max_bytes)) return std::unexpected(too_large(entry.size, max_bytes));
    if (entry.size >= 0 && entry.size < kRange) {
      if (auto bytes = read_if_same(path, entry.size)) {
        return Picture{.bytes = std::move(*bytes), .version = entry.version};
      }
    }
    return read_anew(path, max_bytes);
  }

  [[nodiscard]] std::size_t reads_at_once() const override { return kReads; }
  [[nodiscard]] Traffic traffic() const override { return {.lists = lists_, .gets = gets_, .bytes = bytes_}; }

 private:
  Result<void> take_file(const arrow::fs::FileInfo& info, const Take& take) {
    const std::string key = info.path().substr(root_.size() + 1);
    if (key.starts_with('.') || key.contains("/.")) return {};
    return take({.key = key, .label = folder_of(key, name_), .size = info.size(), .version = version_of(info)});
  }

  Result<void> listing_failed(const arrow::Status& status) const {
    const auto info = files_->GetFileInfo(root_);
    if (info.ok() && info->type() == arrow::fs::FileType::NotFound) {
      return fail(ErrorCode::not_found, fmt::format("S3: there is nothing at s3://{}", root_));
    }
    return std::unexpected(s3::error_of(status));
  }

  // The object with one request, if it still has that size. The library does not tell how many bytes it got: what it
  // leaves of a pattern does. Should the object itself end like the pattern, it is read once more.
  std::optional<Bytes> read_if_same(const std::string& path, std::int64_t size) {
    constexpr std::array<unsigned char, 8> kPattern{0xd7, 0x1c, 0x93, 0x5e, 0xa8, 0x42, 0xf6, 0x0b};
    arrow::fs::FileInfo info(path, arrow::fs::FileType::File);
    info.set_size(size + static_cast<std::int64_t>(kPattern.size()));
    const auto file = files_->OpenInputFile(info);
    if (!file.ok()) return std::nullopt;
    Bytes bytes(static_cast<std::size_t>(info.size()));
    const auto pattern = [&](std::size_t i) { return static_cast<std::byte>(kPattern[i % kPattern.size()]); };
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = pattern(i);
    ++gets_;
    const auto read = (*file)->ReadAt(0, info.size(), bytes.data());
    if (!read.ok()) return std::nullopt;
    std::size_t got = bytes.size();
    while (got > 0 && bytes[got - 1] == pattern(got - 1)) --got;
    if (got != static_cast<std::size_t>(size)) return std::nullopt;
    bytes.resize(got);
    bytes_ += got;
    return bytes;
  }

  // What is there now, whatever was listed.
  Result<Picture> read_anew(const std::string& path, std::uint64_t max_bytes) {
    ++gets_;
    const auto info = files_->GetFileInfo(path);
    if (!info.ok()) return std::unexpected(s3::error_of(info.status()));
    if (info->type() != arrow::fs::FileType::File) return fail(ErrorCode::not_found, "the object is gone");
    auto picture = read_range(*info, max_bytes);
    if (picture) picture->version = version_of(*info);
    return picture;
  }

  Result<Picture> read_range(const arrow::fs::FileInfo& info, std::uint64_t max_bytes) {
    if (static_cast<std::uint64_t>(info.size()) > max_bytes) return std::unexpected(too_large(info.size(), max_bytes));
    auto file = files_->OpenInputFile(info);
    if (!file.ok()) return std::unexpected(s3::error_of(file.status()));
    Picture picture;
    picture.bytes.reserve(static_cast<std::size_t>(info.size()));
    while (static_cast<std::int64_t>(picture.bytes.size()) < info.size()) {
      const auto begin = static_cast<std::int64_t>(picture.bytes.size());
      ++gets_;
      const auto part = (*file)->ReadAt(begin, std::min(kRange, info.size() - begin));
      if (!part.ok()) return std::unexpected(s3::error_of(part.status()));
      if ((*part)->size() == 0) return fail(ErrorCode::unavailable, "S3: an object ended too early");
      bytes_ += static_cast<std::uint64_t>((*part)->size());
      const auto view = std::as_bytes(std::span((*part)->data(), static_cast<std::size_t>((*part)->size())));
      picture.bytes.insert(picture.bytes.end(), view.begin(), view.end());
    }
    return picture;
  }

  const s3::Address address_;
  const std::shared_ptr<arrow::fs::S3FileSystem> files_;
  const std::string root_;  // BUCKET[/PREFIX]
  const std::string name_;
  std::atomic<std::uint64_t> lists_ = 0;
  std::atomic<std::uint64_t> gets_ = 0;
  std::atomic<std::uint64_t> bytes_ = 0;
};

}  // namespace

Result<std::unique_ptr<Source>> open_bucket(s3::Address address) {
  address.connections = std::max(address.connections, static_cast<int>(kReads));
  auto files = s3::connect(address, s3::credentials_from_environment());
  if (!files) return forward_error(files);
  return std::make_unique<Bucket>(address, std::move(*files));
}

}  // namespace vidi::sources
