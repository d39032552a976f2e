#include "objects/local/large_objects.hpp"

#include <spdlog/spdlog.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "files/read_file.hpp"

namespace vidi::objects::local {

LargeObjects::LargeObjects(std::filesystem::path folder, std::filesystem::path temporary, DiskFailed& disk_failed)
    : folder_(std::move(folder)), temporary_(std::move(temporary)), disk_failed_(disk_failed) {
  for (const auto& left : std::filesystem::directory_iterator(temporary_)) std::filesystem::remove(left.path());
}

std::filesystem::path LargeObjects::path_of(const Digest& digest) const {
  const std::string name = to_string(digest);
  return folder_ / name.substr(0, 2) / name;
}

std::filesystem::path LargeObjects::temporary_name() { return temporary_ / std::to_string(counter_++); }

Outcome<void> LargeObjects::make_shard(const std::filesystem::path& shard) {
  if (::mkdir(shard.c_str(), 0755) == 0) return synchronize_folder(folder_);
  if (errno != EEXIST) return std::unexpected(Failure{.code = errno});
  return {};
}

Result<void> LargeObjects::report(const Outcome<void>& outcome) {
  if (outcome) return {};
  if (outcome.error().unsynchronized) disk_failed_ = true;
  spdlog::error("objects: {}", explain(outcome.error()).message);
  return std::unexpected(explain(outcome.error()));
}

Result<void> LargeObjects::put(const Digest& digest, ByteView bytes) {
  if (disk_failed_) return std::unexpected(explain(kDiskFailed));
  const auto path = path_of(digest);
  // One that is there may have been renamed a moment ago by a put that has not returned.
  if (contains(digest)) return report(synchronize_folder(path.parent_path()));
  if (const auto made = make_shard(path.parent_path()); !made) return report(made);
  return report(write_whole(path, bytes, {.temporary = temporary_name()}));
}

Result<std::optional<Bytes>> LargeObjects::get(const Digest& digest) const {
  auto bytes = files::read_file(path_of(digest));
  if (!bytes && bytes.error().code == ENOENT) return std::optional<Bytes>();
  if (!bytes) return std::unexpected(explain(bytes.error()));
  if (sha256(*bytes) != digest) {
    return fail(ErrorCode::internal, "the stored picture " + to_string(digest) + " is damaged");
  }
  return std::optional<Bytes>(std::move(*bytes));
}

bool LargeObjects::contains(const Digest& digest) const { return ::access(path_of(digest).c_str(), F_OK) == 0; }

Result<bool> LargeObjects::remove(const Digest& digest) {
  const auto path = path_of(digest);
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return false;
    return std::unexpected(explain({.code = errno}));
  }
  const auto done = report(synchronize_folder(path.parent_path()));
  if (!done) return forward_error(done);
  return true;
}

Result<void> LargeObjects::check() {
  if (disk_failed_) return std::unexpected(explain(kDiskFailed));
  const auto name = temporary_name();
  auto probe = name;
  probe += ".check";
  const Bytes some(4096);
  const auto written = write_whole(probe, some, {.temporary = name});
  ::unlink(probe.c_str());
  return report(written);
}

}  // namespace vidi::objects::local
