#include "features/output.hpp"

#include <arrow/buffer.h>
#include <arrow/filesystem/s3fs.h>
#include <arrow/io/interfaces.h>
#include <arrow/result.h>
#include <arrow/status.h>
#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <thread>
#include <utility>

#include "files/atomic_file.hpp"
#include "files/file.hpp"
#include "objects/s3/connection.hpp"
#include "sources/source.hpp"

namespace vidi::features {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWhat = "the table";

Result<void> make_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (!error) return {};
  return fail(ErrorCode::internal, fmt::format("the folder {} cannot be made: {}", folder.string(), error.message()));
}

class FolderOutput final : public Output {
 public:
  explicit FolderOutput(fs::path root) : root_(std::move(root)) {}

  Result<fs::path> place(const std::string& name) override {
    fs::path path = root_ / name;
    if (auto made = make_folder(path.parent_path()); !made) return forward_error(made);
    return path;
  }

  Result<void> publish(const std::string& name) override {
    std::error_code error;
    traffic_.bytes_written += fs::file_size(root_ / name, error);
    return {};
  }

  Result<fs::path> fetch(const std::string& name) override {
    std::error_code error;
    const auto size = fs::file_size(root_ / name, error);
    if (error) return fail(ErrorCode::not_found, fmt::format("there is no {}", (root_ / name).string()));
    traffic_.bytes_read += size;
    return root_ / name;
  }
  void release(const std::string& /*name*/) override {}

  Result<std::vector<std::string>> list(const std::string& folder) override {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(root_ / folder, error), end; !error && entry != end; entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      if (!name.starts_with('.')) names.push_back(fmt::format("{}/{}", folder, name));
    }
    std::ranges::sort(names);
    return names;
  }

  Result<void> check() override {
    if (auto made = make_folder(root_); !made) return made;
    const fs::path probe = root_ / ".vidi-probe";
    const auto written = files::write_whole(probe, as_bytes("vidi"), {.temporary = root_ / ".vidi-probe.tmp"});
    if (!written) {
      const std::error_code reason(written.error().code, std::generic_category());
      return fail(ErrorCode::internal, fmt::format("{} cannot be written to: {}", root_.string(), reason.message()));
    }
    std::error_code error;
    fs::remove(probe, error);
    return {};
  }

  [[nodiscard]] OutputTraffic traffic() const override { return traffic_; }

 private:
  const fs::path root_;
  OutputTraffic traffic_;
};

class BucketOutput final : public Output {
 public:
  BucketOutput(const objects::s3::Address& address, std::shared_ptr<arrow::fs::S3FileSystem> files, fs::path work)
      : files_(std::move(files)),
        bucket_(address.bucket),
        root_(address.prefix.empty() ? address.bucket : address.bucket + "/" + address.prefix),
        work_(std::move(work)) {}

  Result<fs::path> place(const std::string& name) override {
    fs::path path = work_ / name;
    if (auto made = make_folder(path.parent_path()); !made) return forward_error(made);
    return path;
  }

  Result<void> publish(const std::string& name) override {
    auto uploaded = upload(name);
    if (uploaded) release(name);
    return uploaded;
  }

  Result<fs::path> fetch(const std::string& name) override {
    auto path = place(name);
    if (!path) return path;
    ++traffic_.gets;
    const auto info = files_->GetFileInfo(root_ + "/" + name);
    if (!info.ok()) return std::unexpected(objects::s3::error_of(info.status()));
    if (info->type() != arrow::fs::FileType::File) {
      return fail(ErrorCode::not_found, fmt::format("there is no s3://{}/{}", root_, name));
    }
    if (auto got = download(*info, *path); !got) return forward_error(got);
    return path;
  }

  void release(const std::string& name) override {
    std::error_code error;
    fs::remove(work_ / name, error);
  }

  Result<std::vector<std::string>> list(const std::string& folder) override {
    arrow::fs::FileSelector selector;
    selector.base_dir = root_ + "/" + folder;
    selector.allow_not_found = true;
    ++traffic_.puts;
    const auto infos = files_->GetFileInfo(selector);
    if (!infos.ok()) return std::unexpected(objects::s3::error_of(infos.status()));
    std::vector<std::string> names;
    for (const auto& info : *infos) {
      if (info.type() == arrow::fs::FileType::File) names.push_back(folder + "/" + info.base_name());
    }
    std::ranges::sort(names);
    return names;
  }

  Result<void> check() override {
    if (auto made = make_folder(work_); !made) return made;
    const auto info = files_->GetFileInfo(bucket_);
    ++traffic_.gets;
    if (!info.ok()) return std::unexpected(objects::s3::error_of(info.status()));
    if (info->type() == arrow::fs::FileType::Directory) return {};
    return fail(ErrorCode::invalid_argument, fmt::format("S3: there is no bucket {}", bucket_));
  }

  [[nodiscard]] OutputTraffic traffic() const override { return traffic_; }

 private:
  static constexpr std::size_t kPiece = std::size_t{8} << 20U;

  Result<void> upload(const std::string& name) {
    const auto file = files::File::open(work_ / name, O_RDONLY);
    if (!file) return std::unexpected(files::explain(file.error(), kWhat));
    const auto stream = files_->OpenOutputStream(root_ + "/" + name, nullptr);
    if (!stream.ok()) return std::unexpected(objects::s3::error_of(stream.status()));
    Bytes piece(kPiece);
    std::uint64_t position = 0;
    while (true) {
      const auto read = file->read(piece, position);
      if (!read) return std::unexpected(files::explain(read.error(), kWhat));
      if (*read == 0) break;
      position += *read;
      ++traffic_.puts;
      const arrow::Status written = (*stream)->Write(piece.data(), static_cast<std::int64_t>(*read));
      if (!written.ok()) return std::unexpected(objects::s3::error_of(written));
    }
    const arrow::Status closed = (*stream)->Close();
    if (!closed.ok()) return std::unexpected(objects::s3::error_of(closed));
    traffic_.bytes_written += position;
    // One that comes in several pieces is begun and ended by a request each.
    traffic_.puts += position > kPiece ? 2 : (position == 0 ? 1 : 0);
    return {};
  }

  Result<void> download(const arrow::fs::FileInfo& info, const fs::path& path) {
    const auto object = files_->OpenInputFile(info);
    if (!object.ok()) return std::unexpected(objects::s3::error_of(object.status()));
    auto file = files::File::open(path, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file) return std::unexpected(files::explain(file.error(), kWhat));
    for (std::int64_t position = 0; position < info.size();) {
      ++traffic_.gets;
      const auto piece = (*object)->ReadAt(position, std::min<std::int64_t>(kPiece, info.size() - position));
      if (!piece.ok()) return std::unexpected(objects::s3::error_of(piece.status()));
      if ((*piece)->size() == 0) return fail(ErrorCode::unavailable, "S3: an object ended too early");
      const ByteView bytes = std::as_bytes(std::span((*piece)->data(), static_cast<std::size_t>((*piece)->size())));
      const auto written = file->write(bytes, static_cast<std::uint64_t>(position));
      if (!written) return std::unexpected(files::explain(written.error(), kWhat));
      position += (*piece)->size();
    }
    traffic_.bytes_read += static_cast<std::uint64_t>(info.size());
    return {};
  }

  const std::shared_ptr<arrow::fs::S3FileSystem> files_;
  const std::string bucket_;
  const std::string root_;
  const fs::path work_;
  OutputTraffic traffic_;
};

}  // namespace

Result<std::unique_ptr<Output>> open_output(const std::string& name, const fs::path& work) {
  if (!name.starts_with("s3://")) return std::make_unique<FolderOutput>(name);
  auto address = objects::s3::complete_address(name);
  if (!address) return forward_error(address);
  auto files = objects::s3::connect(*address, objects::s3::credentials_from_environment());
  if (!files) return forward_error(files);
  return std::make_unique<BucketOutput>(*address, std::move(*files), work / "staging");
}

}  // namespace vidi::features
