#include "maintenance/backup.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/value_of.hpp"
#include "core/when_all.hpp"
#include "files/atomic_file.hpp"
#include "files/file.hpp"
#include "files/private_folder.hpp"
#include "maintenance/record_access.hpp"
#include "maintenance/record_transfer.hpp"
#include "objects/local/local_store.hpp"
#include "objects/open.hpp"
#include "records/open.hpp"
#include "records/sqlite/sqlite_store.hpp"
#include "registry/registry.hpp"

namespace vidi::maintenance {
namespace {

namespace fs = std::filesystem;
using objects::ObjectStore;
using records::Prediction;
using records::RecordStore;

constexpr const char* kRecords = "records.db";
constexpr const char* kObjects = "objects";
constexpr const char* kKeys = "keys.toml";

std::string cannot_be_written(const fs::path& path, const files::Failure& failure) {
  return fmt::format("{} cannot be written: {}", path.string(), std::generic_category().message(failure.code));
}

void refuse_what_ends_with_its_process(const registry::Traits& kind) {
  if (kind.ends_with_process) {
    throw std::runtime_error(
        fmt::format("{}: ends with its process: no other can read it or write to it", kind.scheme));
  }
}

void refuse_what_ends_with_its_process(const ServerStores& stores) {
  refuse_what_ends_with_its_process(records::kind_of(stores.records).traits);
  refuse_what_ends_with_its_process(objects::kind_of(stores.objects).traits);
}

// Such as the log that SQLite keeps beside a file that is in use, or was when its process was killed.
void refuse_what_is_in_use(const fs::path& database) {
  const fs::path log = database.string() + "-wal";
  if (fs::exists(log)) {
    throw std::runtime_error(
        fmt::format("{} is there: the backup is in use as a data folder, or was; name another folder", log.string()));
  }
}

bool is_same_place(const fs::path& one, const fs::path& other) {
  std::error_code error;
  return fs::equivalent(one, other, error) && !error;
}

enum class Put { present, added, lost };

Task<Result<Put>> put_one(ObjectStore& from, ObjectStore& to, Digest digest) {
  const auto there = co_await to.contains(digest);
  if (!there) co_return forward_error(there);
  if (*there) co_return Put::present;
  const auto bytes = co_await from.get(digest);
  if (!bytes) co_return forward_error(bytes);
  if (!*bytes) co_return Put::lost;
  const auto done = co_await to.put(digest, **bytes);
  if (!done) co_return forward_error(done);
  co_return Put::added;
}

Task<Result<Put>> find_one(ObjectStore& store, Digest digest) {
  const auto there = co_await store.contains(digest);
  if (!there) co_return forward_error(there);
  co_return *there ? Put::present : Put::lost;
}

Task<std::vector<Result<Put>>> put_together(ObjectStore* from, ObjectStore& to, std::span<const Digest> digests) {
  std::vector<Task<Result<Put>>> tasks;
  for (const Digest& digest : digests) {
    tasks.push_back(from == nullptr ? find_one(to, digest) : put_one(*from, to, digest));
  }
  co_return co_await when_all(std::move(tasks));
}

// The pictures of predictions brought from one store to another; without a first one, only looked for.
class Pictures {
 public:
  Pictures(ObjectStore* from, ObjectStore& to) : from_(from), to_(to) {}

  // Calls `lost` with each prediction whose picture is in neither.
  template <typename Lost>
    requires std::invocable<Lost, const Prediction&>
  void bring(const std::vector<Prediction>& predictions, Lost lost) {
    std::vector<const Prediction*> with_picture;
    std::vector<Digest> digests;
    for (const Prediction& prediction : predictions) {
      if (!prediction.image) continue;
      with_picture.push_back(&prediction);
      digests.push_back(*prediction.image);
    }
    // Each picture that is on its way is in memory.
    const std::size_t together = from_ == nullptr ? 256 : 16;
    for (std::size_t begin = 0; begin < digests.size(); begin += together) {
      const std::size_t count = std::min(together, digests.size() - begin);
      const auto results = run(put_together(from_, to_, std::span(digests).subspan(begin, count)));
      for (std::size_t i = 0; i < count; ++i) {
        if (!results[i]) throw std::runtime_error(results[i].error().message);
        if (*results[i] == Put::added) ++added_;
        if (*results[i] == Put::lost) lost(*with_picture[begin + i]);
      }
    }
    seen_ += digests.size();
  }

  [[nodiscard]] std::size_t seen() const { return seen_; }
  [[nodiscard]] std::size_t added() const { return added_; }

 private:
  ObjectStore* from_;
  ObjectStore& to_;
  std::size_t seen_ = 0;
  std::size_t added_ = 0;
};

class Backup {
 public:
  Backup(const ServerStores& stores, fs::path folder) : stores_(stores), folder_(std::move(folder)) {
    refuse_what_ends_with_its_process(stores);
    check_records_exist(stores.records, stores.secrets);
    check_objects_exist(stores.objects, stores.secrets);
    std::error_code error;
    files::make_private_folder(folder_, error);
    if (error) throw std::runtime_error(fmt::format("{} cannot be made: {}", folder_.string(), error.message()));
    refuse_sources();
    refuse_what_is_in_use(records_);
    lock();
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) fs::remove(new_records_.string() + suffix);
  }

  // Records first: each has its picture in the store by then, and whatever is copied later has it too.
  BackupCounts run() {
    copy_records();
    const std::string& objects = stores_.objects;
    if (const auto copy = objects::kind_of(objects).copy) copy(objects, folder_ / kObjects);
    bring_pictures();
    copy_keys();
    put_in_place();
    return counts_;
  }

 private:
  void refuse_sources() const {
    const auto records = registry::path_of(records::kinds(), stores_.records);
    const auto objects = registry::path_of(objects::kinds(), stores_.objects);
    if ((records && is_same_place(*records, records_)) || (objects && is_same_place(*objects, folder_ / kObjects))) {
      throw std::runtime_error(fmt::format("{} is what is to be backed up: name another folder", folder_.string()));
    }
  }

  // Two backups at once into one folder would mix.
  void lock() {
    auto opened = files::File::open(folder_, O_RDONLY | O_DIRECTORY);
    if (!opened) throw std::runtime_error(fmt::format("{} cannot be opened", folder_.string()));
    folder_file_ = std::move(*opened);
    if (::flock(folder_file_.descriptor(), LOCK_EX | LOCK_NB) != 0) {
      throw std::runtime_error(fmt::format("another backup into {} is on its way", folder_.string()));
    }
  }

  void copy_records() const {
    const std::string& records = stores_.records;
    if (const auto snapshot = records::kind_of(records).snapshot) return snapshot(records, new_records_);
    const auto store = records::sqlite::open_store(new_records_.string());
    import_predictions(read_store(records, stores_.secrets), *store);
  }

  // Where the store could not be copied as a whole, each is fetched; in any case each is looked for.
  void bring_pictures() {
    const auto copies = objects::local::open_store((folder_ / kObjects).string());
    const auto records = records::sqlite::open_store(new_records_.string());
    std::unique_ptr<ObjectStore> remote;
    if (objects::kind_of(stores_.objects).copy == nullptr) {
      remote = objects::open_object_store(stores_.objects, stores_.secrets);
      wait_until_ready(*remote);
    }
    Pictures pictures(remote.get(), *copies);
    std::vector<Prediction> lost;
    std::optional<std::string> cursor;
    do {
      records::Query query{.limit = 1000, .cursor = cursor};
      records::Page page = value_of(vidi::run(records->list(std::move(query))));
      counts_.predictions += page.predictions.size();
      pictures.bring(page.predictions, [&](const Prediction& prediction) { lost.push_back(prediction); });
      cursor = std::move(page.next);
    } while (cursor);
    counts_.with_picture = pictures.seen() - lost.size();
    if (!lost.empty()) forget_what_was_forgotten(*records, lost);
  }

  // A prediction that was forgotten after its record was copied has no picture any more, and is to be forgotten here
  // too.
  void forget_what_was_forgotten(RecordStore& copies, const std::vector<Prediction>& lost) {
    const auto records = records::open_record_store(stores_.records, stores_.secrets);
    wait_until_ready(*records);
    for (const Prediction& prediction : lost) {
      const auto there = value_of(vidi::run(records->find(prediction.id)));
      if (there) {
        ++counts_.pictures_lost;
        continue;
      }
      value_of(vidi::run(copies.forget(prediction.id)));
      ++counts_.forgotten;
      --counts_.predictions;
    }
  }

  void copy_keys() const {
    if (!fs::exists(stores_.keys)) return;
    fs::copy_file(stores_.keys, folder_ / kKeys, fs::copy_options::overwrite_existing);
  }

  // From here on the folder holds the new backup, whatever happens.
  void put_in_place() const {
    const auto flushed = files::synchronize_file_system(folder_file_);
    if (!flushed) throw std::runtime_error(cannot_be_written(folder_, flushed.error()));
    refuse_what_is_in_use(records_);
    const auto kept = files::put_in_place(new_records_, records_);
    if (!kept) throw std::runtime_error(cannot_be_written(records_, kept.error()));
  }

  const ServerStores& stores_;
  const fs::path folder_;
  const fs::path records_ = folder_ / kRecords;
  const fs::path new_records_ = folder_ / "records.db.new";
  files::File folder_file_;
  BackupCounts counts_;
};

}  // namespace

BackupCounts back_up(const ServerStores& stores, const fs::path& folder) { return Backup(stores, folder).run(); }

RestoreCounts restore(const ServerStores& stores, const fs::path& folder) {
  refuse_what_ends_with_its_process(stores);
  const std::string from = registry::url_in(records::kinds(), folder);
  if (!fs::exists(folder / kRecords) || !fs::is_directory(folder / kObjects)) {
    throw std::runtime_error(
        fmt::format("{} holds no backup: there is no {} or no {} in it", folder.string(), kRecords, kObjects));
  }
  const auto copies = objects::local::open_store((folder / kObjects).string());
  const auto objects = objects::open_object_store(stores.objects, stores.secrets);
  const auto records = records::open_record_store(stores.records, stores.secrets);
  wait_until_ready(*objects);
  wait_until_ready(*records);
  Pictures pictures(copies.get(), *objects);
  RestoreCounts counts;
  const PredictionSource source = [&, read = read_store(from, stores.secrets)] {
    std::vector<Prediction> predictions = read();
    pictures.bring(predictions, [&](const Prediction&) { ++counts.pictures_lost; });
    return predictions;
  };
  const ImportCounts imported = import_predictions(source, *records);
  counts.read = imported.read;
  counts.added = imported.added;
  counts.pictures = pictures.added();
  return counts;
}

}  // namespace vidi::maintenance
