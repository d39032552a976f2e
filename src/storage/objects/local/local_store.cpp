#include "objects/local/local_store.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <stdexcept>
#include <utility>

#include "core/group_writer.hpp"
#include "core/worker_pool.hpp"
#include "objects/local/copy.hpp"
#include "objects/local/disk.hpp"
#include "objects/local/folder.hpp"
#include "objects/local/large_objects.hpp"
#include "objects/local/small_objects.hpp"

namespace vidi::objects::local {
namespace {

class LocalStore final : public ObjectStore {
 public:
  LocalStore(const std::string& folder, const Options& options)
      : small_limit_(options.small_limit),
        folder_(made(folder)),
        lock_(lock_folder(folder_)),
        large_(folder_ / "files", folder_ / "temporary", disk_failed_),
        small_(folder_ / "segments", {.segment_size = options.segment_size, .segment_entries = options.segment_entries},
               disk_failed_, [this](std::move_only_function<void()> work) { return files_.submit(std::move(work)); }),
        files_({.threads = options.file_threads, .max_queue = options.max_waiting_files}),
        writing_(options.max_waiting_writes, [this](std::vector<Request>& group) { small_.write(group, gather_); }) {}

  Task<Result<void>> put(Digest digest, ByteView bytes) override {
    if (bytes.size() > small_limit_) {
      auto work = [&] { return large_.put(digest, bytes); };
      co_return co_await run_on(files_, work);
    }
    auto start = [&](Completion<Result<void>> done) {
      submit(Put{.digest = digest, .bytes = bytes, .done = std::move(done)});
    };
    co_return co_await wait_for<Result<void>>(start);
  }

  Task<Result<std::optional<Bytes>>> get(Digest digest) override {
    auto work = [&]() -> Result<std::optional<Bytes>> {
      auto small = small_.get(digest);
      if (!small || *small) return small;
      return large_.get(digest);
    };
    co_return co_await run_on(files_, work);
  }

  Task<Result<bool>> contains(Digest digest) override {
    auto work = [&]() -> Result<bool> { return small_.contains(digest) || large_.contains(digest); };
    co_return co_await run_on(files_, work);
  }

  Task<Result<bool>> remove(Digest digest) override {
    auto start = [&](Completion<Result<bool>> done) {
      submit(Remove{.digest = digest, .done = std::move(done), .existed = false});
    };
    const auto small = co_await wait_for<Result<bool>>(start);
    if (!small) co_return small;
    auto work = [&] { return large_.remove(digest); };
    auto large = co_await run_on(files_, work);
    if (large) large = *large || *small;
    co_return large;
  }

  Task<Result<void>> check() override {
    auto work = [&] { return large_.check(); };
    co_return co_await run_on(files_, work);
  }

  [[nodiscard]] std::size_t waiting() const override { return writing_.waiting(); }

 private:
  template <typename Kind>
    requires std::constructible_from<Request, Kind>
  void submit(Kind kind) {
    Request request(std::move(kind));
    if (writing_.submit(std::move(request))) return;
    const Error error{ErrorCode::overloaded, "the server is busy: too many pictures wait to be stored"};
    // NOLINTNEXTLINE(bugprone-use-after-move): a refused request is left as it was.
    std::visit([&](auto& refused) { refused.done(std::unexpected(error)); }, request);
  }

  const std::size_t small_limit_;
  const std::filesystem::path folder_;
  const File lock_;
  DiskFailed disk_failed_ = false;
  // The threads come last: they end before what they use. The writing thread hands work to the file threads.
  LargeObjects large_;
  SmallObjects small_;
  const SmallObjects::Gather gather_ = [this](std::vector<Request>& group) { return writing_.gather(group); };
  WorkerPool files_;
  GroupWriter<Request> writing_;
};

registry::Traits traits() {
  return {.scheme = "file", .form = "file:FOLDER", .is_path = true, .in_data_folder = "objects"};
}

std::string folder_in(const std::string& url) { return registry::rest_of(traits(), url).value(); }

std::unique_ptr<ObjectStore> open(const std::string& url, const Secrets&) { return open_store(folder_in(url)); }

void copy(const std::string& url, const std::filesystem::path& to) { copy_folder(folder_in(url), to); }

}  // namespace

std::unique_ptr<ObjectStore> open_store(const std::string& folder, const Options& options) {
  if (folder.empty()) throw std::runtime_error("the object store needs a folder, for example file:data/objects");
  return std::make_unique<LocalStore>(folder, options);
}

Kind kind() { return {.traits = traits(), .open = open, .copy = copy}; }

}  // namespace vidi::objects::local
