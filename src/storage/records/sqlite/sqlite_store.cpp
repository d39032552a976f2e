#include "records/sqlite/sqlite_store.hpp"

#include <fmt/format.h>

#include <concepts>
#include <filesystem>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "core/group_writer.hpp"
#include "core/worker_pool.hpp"
#include "records/sqlite/reader.hpp"
#include "records/sqlite/snapshot.hpp"
#include "records/sqlite/writer.hpp"

namespace vidi::records::sqlite {
namespace {

using registry::Traits;

// Connections for reading, each used by one thread at a time; as many as there are threads.
class Readers {
 public:
  Readers(const std::string& path, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) idle_.push_back(std::make_unique<Reader>(path));
  }

  auto use(std::invocable<Reader&> auto work) {
    std::unique_ptr<Reader> reader = take();
    auto result = work(*reader);
    const std::scoped_lock lock(mutex_);
    idle_.push_back(std::move(reader));
    return result;
  }

 private:
  std::unique_ptr<Reader> take() {
    const std::scoped_lock lock(mutex_);
    std::unique_ptr<Reader> reader = std::move(idle_.back());
    idle_.pop_back();
    return reader;
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<Reader>> idle_;
};

class SqliteStore final : public RecordStore {
 public:
  SqliteStore(const std::string& path, const Options& options)
      : writer_(path),
        readers_(path, options.reading_threads),
        reading_({.threads = options.reading_threads, .max_queue = options.max_waiting_reads}),
        writing_(options.max_waiting_writes, [this](std::vector<Operation>& group) { writer_.write(group, gather_); }) {
  }

  Task<Result<void>> append(Prediction prediction) override {
    auto start = [&](Completion<Result<void>> done) {
      submit(Append{.prediction = &prediction, .done = std::move(done)});
    };
    co_return co_await wait_for<Result<void>>(start);
  }

  Task<Result<std::optional<Prediction>>> find(Uuid id) override {
    auto work = [this, id] { return readers_.use([&](Reader& reader) { return reader.find(id); }); };
    co_return co_await run_on(reading_, work);
  }

  Task<Result<Page>> list(Query query) override {
    auto work = [this, &query] { return readers_.use([&](Reader& reader) { return reader.list(query); }); };
    co_return co_await run_on(reading_, work);
  }

  Task<Result<Tallies>> tally(Hours hours) override {
    auto work = [this, hours] { return readers_.use([&](Reader& reader) { return reader.tally(hours); }); };
    co_return co_await run_on(reading_, work);
  }

  Task<Result<bool>> correct(Uuid id, Correction correction) override {
    auto start = [&](Completion<Result<bool>> done) {
      submit(Correct{.id = id, .correction = &correction, .done = std::move(done)});
    };
    co_return co_await wait_for<Result<bool>>(start);
  }

  Task<Result<Forgotten>> forget(Uuid id) override {
    auto start = [&](Completion<Result<Forgotten>> done) {
      submit(Forget{.id = id, .done = std::move(done), .forgotten = {}});
    };
    co_return co_await wait_for<Result<Forgotten>>(start);
  }

  Task<Result<void>> check() override {
    auto start = [&](Completion<Result<void>> done) { submit(Check{.done = std::move(done)}); };
    co_return co_await wait_for<Result<void>>(start);
  }

  [[nodiscard]] std::size_t waiting() const override { return writing_.waiting(); }

 private:
  template <typename Kind>
    requires std::constructible_from<Operation, Kind>
  void submit(Kind kind) {
    Operation operation(std::move(kind));
    if (writing_.submit(std::move(operation))) return;
    const Error error{ErrorCode::overloaded, "the server is busy: too many predictions wait to be recorded"};
    // NOLINTNEXTLINE(bugprone-use-after-move): a refused operation is left as it was.
    std::visit([&](auto& refused) { refused.done(std::unexpected(error)); }, operation);
  }

  // The threads come last: they end before what they use.
  Writer writer_;
  const Writer::Gather gather_ = [this](std::vector<Operation>& group) { return writing_.gather(group); };
  Readers readers_;
  WorkerPool reading_;
  GroupWriter<Operation> writing_;
};

Traits traits() { return {.scheme = "sqlite", .form = "sqlite:PATH", .is_path = true, .in_data_folder = "records.db"}; }

std::string path_in(const std::string& url) { return registry::rest_of(traits(), url).value(); }

std::unique_ptr<RecordStore> open(const std::string& url, const Secrets&) { return open_store(path_in(url)); }

void check_exists(const std::string& url, const Secrets&) {
  const std::string path = path_in(url);
  if (!std::filesystem::exists(path)) throw std::runtime_error(fmt::format("there is no database {}", path));
}

void snapshot(const std::string& url, const std::filesystem::path& to) { write_snapshot(path_in(url), to.string()); }

}  // namespace

std::unique_ptr<RecordStore> open_store(const std::string& path, const Options& options) {
  if (path.empty()) throw std::runtime_error("the record store needs a path, for example sqlite:data/records.db");
  const auto folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) {
    throw std::runtime_error(
        fmt::format("the folder {} for the records cannot be made: {}", folder.string(), error.message()));
  }
  return std::make_unique<SqliteStore>(path, options);
}

Kind kind() { return {.traits = traits(), .open = open, .check_exists = check_exists, .snapshot = snapshot}; }

}  // namespace vidi::records::sqlite
