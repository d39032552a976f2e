#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <map>
#include <mutex>
#include <utility>

#include "net/download.hpp"
#include "sources/sources.hpp"

namespace vidi::sources {
namespace {

namespace fs = std::filesystem;

bool is_url(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }
bool is_bucket(std::string_view text) { return text.starts_with("s3://"); }

// Without what follows the path: a signature is nobody's business.
std::string without_query(std::string_view address) {
  return std::string(address.substr(0, address.find_first_of("?#")));
}

// Reads what lies at any location.
class Reader {
 public:
  Result<Picture> read(const std::string& location, std::uint64_t max_bytes) {
    if (is_bucket(location)) return read_object(location, max_bytes);
    auto picture = is_url(location) ? read_url(location, max_bytes) : read_file(location, max_bytes);
    if (picture) bytes_ += picture->bytes.size();
    return picture;
  }

  [[nodiscard]] Traffic traffic() const {
    Traffic sum{.bytes = bytes_};
    const std::scoped_lock lock(mutex_);
    for (const auto& [name, bucket] : buckets_) {
      const Traffic traffic = bucket->traffic();
      sum.gets += traffic.gets;
      sum.bytes += traffic.bytes;
    }
    return sum;
  }

 private:
  static Result<Picture> read_url(const std::string& url, std::uint64_t max_bytes) {
    auto bytes = net::download(url, {.max_bytes = max_bytes});
    if (bytes) return Picture{.bytes = std::move(*bytes), .version = {}};
    if (bytes.error().code == ErrorCode::deadline_exceeded) bytes.error().code = ErrorCode::unavailable;
    return forward_error(bytes);
  }

  Result<Picture> read_object(const std::string& location, std::uint64_t max_bytes) {
    auto address = objects::s3::complete_address(location);
    if (!address) return forward_error(address);
    const std::string key = std::exchange(address->prefix, "");
    auto bucket = bucket_of(*address);
    if (!bucket) return forward_error(bucket);
    return (*bucket)->read({.key = key}, max_bytes);
  }

  // One connection for each bucket and endpoint.
  Result<Source*> bucket_of(const objects::s3::Address& address) {
    const std::scoped_lock lock(mutex_);
    auto& bucket = buckets_[address.scheme + address.endpoint + "/" + address.bucket];
    if (!bucket) {
      auto opened = open_bucket(address);
      if (!opened) return forward_error(opened);
      bucket = std::move(*opened);
    }
    return bucket.get();
  }

  std::atomic<std::uint64_t> bytes_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Source>> buckets_;
};

// `location` as it stands in a list, whose folder is `folder`.
Entry entry_of(const std::string& location, const fs::path& folder) {
  if (is_url(location) || is_bucket(location)) {
    const std::string key = without_query(location);
    return {.key = key, .label = folder_of(key, ""), .location = location};
  }
  const fs::path path = folder / location;
  Entry entry{.key = location,
              .label = folder_of(location, fs::weakly_canonical(path).parent_path().filename().string()),
              .location = path.string()};
  struct stat status{};
  if (::stat(path.c_str(), &status) == 0) {
    entry.size = status.st_size;
    entry.version = version_of(status);
  }
  return entry;
}

class List final : public Source {
 public:
  explicit List(fs::path file) : file_(std::move(file)) {}

  Result<void> list(const Take& take) override {
    std::ifstream lines(file_);
    if (!lines) return fail(ErrorCode::not_found, fmt::format("the list {} cannot be read", file_.string()));
    std::string line;
    for (std::size_t number = 1; std::getline(lines, line); ++number) {
      if (line.ends_with('\r')) line.pop_back();
      if (line.empty() || line.starts_with('#')) continue;
      const std::size_t tab = line.find('\t');
      const std::string location = line.substr(0, tab);
      if (location.empty() || location.contains('\0')) {
        return fail(
            ErrorCode::invalid_argument,
            fmt::format("line {} of {} names no picture: expected a path or an address, and a label after a tab "
                        "if there is one",
                        number, file_.string()));
      }
      Entry entry = entry_of(location, file_.parent_path());
      if (tab != std::string::npos) entry.label = line.substr(tab + 1);
      if (auto taken = take(entry); !taken) return taken;
    }
    return {};
  }

  Result<Picture> read(const Entry& entry, std::uint64_t max_bytes) override {
    return reader_.read(entry.location, max_bytes);
  }

  [[nodiscard]] std::size_t reads_at_once() const override { return 32; }
  [[nodiscard]] Traffic traffic() const override { return reader_.traffic(); }

 private:
  const fs::path file_;
  Reader reader_;
};

class Single final : public Source {
 public:
  explicit Single(std::string location) : location_(std::move(location)) {}

  Result<void> list(const Take& take) override { return take(entry_of(location_, "")); }
  Result<Picture> read(const Entry& entry, std::uint64_t max_bytes) override {
    return reader_.read(entry.location, max_bytes);
  }
  [[nodiscard]] std::size_t reads_at_once() const override { return 1; }
  [[nodiscard]] Traffic traffic() const override { return reader_.traffic(); }

 private:
  const std::string location_;
  Reader reader_;
};

}  // namespace

Result<std::unique_ptr<Source>> open_list(const fs::path& file) { return std::make_unique<List>(file); }

Result<std::unique_ptr<Source>> open_single(const std::string& location) { return std::make_unique<Single>(location); }

}  // namespace vidi::sources
