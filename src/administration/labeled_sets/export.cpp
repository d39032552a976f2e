#include "labeled_sets/export.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "core/when_all.hpp"
#include "files/atomic_file.hpp"
#include "files/file.hpp"
#include "maintenance/record_access.hpp"

namespace vidi::labeled_sets {
namespace {

namespace fs = std::filesystem;
using objects::ObjectStore;
using records::Prediction;

[[noreturn]] void cannot_be_written(const fs::path& folder, const files::Failure& failure) {
  throw std::runtime_error(
      fmt::format("{} cannot be written: {}", folder.string(), std::generic_category().message(failure.code)));
}

// The folder that is wanted, under its name when it is complete.
class NewFolder {
 public:
  explicit NewFolder(fs::path wanted) : wanted_(std::move(wanted)) {
    if (wanted_.filename().empty()) wanted_ = wanted_.parent_path();
    std::error_code error;
    if (fs::exists(wanted_, error) && !(fs::is_directory(wanted_, error) && fs::is_empty(wanted_, error))) {
      throw std::runtime_error(
          fmt::format("{} is there already, and no empty folder: name a new one", wanted_.string()));
    }
    auto made = files::AtomicFolder::create(wanted_);
    if (!made) {
      const std::error_code reason(made.error().code, std::generic_category());
      throw std::runtime_error(fmt::format("{} cannot be made: {}", wanted_.string(), reason.message()));
    }
    folder_.emplace(std::move(*made));
  }

  [[nodiscard]] const fs::path& path() const { return folder_->path(); }

  // Durable when it returns.
  void commit() {
    const auto opened = files::File::open(path(), O_RDONLY | O_DIRECTORY);
    if (!opened) cannot_be_written(wanted_, opened.error());
    if (const auto flushed = files::synchronize_file_system(*opened); !flushed) {
      cannot_be_written(wanted_, flushed.error());
    }
    if (const auto kept = folder_->commit(); !kept) cannot_be_written(wanted_, kept.error());
  }

 private:
  fs::path wanted_;
  std::optional<files::AtomicFolder> folder_;
};

// A picture, and what is the best that is known of it.
struct Wanted {
  LabeledPicture picture;
  bool corrected = false;
  Timestamp time;  // of the correction, or of the prediction

  [[nodiscard]] bool better_than(const Wanted& other) const {
    return std::pair(corrected, time) > std::pair(other.corrected, other.time);
  }
};

// Counts what is not in the set, and says it to whoever wants to know.
class Omissions {
 public:
  Omissions(ExportedSet& set, const LeftOut& left_out) : set_(set), left_out_(left_out) {}

  void name(const Uuid& id, const std::string& why) {
    ++set_.left_out;
    left_out_(id, why);
  }
  void repeat() { ++set_.repeated; }

 private:
  ExportedSet& set_;
  const LeftOut& left_out_;
};

std::vector<Wanted> find_wanted(records::RecordStore& records, const LabeledExport& what, Omissions& omissions) {
  std::map<Digest, Wanted> by_digest;
  std::size_t count = 0;
  records::Query query = what.query;
  query.limit = 1000;
  maintenance::for_each(records, query, [&](const Prediction& prediction) {
    const auto& correction = prediction.correction;
    if (what.corrected && !correction) return true;
    if (!correction && !prediction.result) {
      omissions.name(prediction.id, "it has no result, and nobody has said what is right");
    } else if (!prediction.image) {
      omissions.name(prediction.id, "it has no picture");
    } else {
      Wanted wanted;
      wanted.picture = {.digest = *prediction.image,
                        .label = correction ? correction->label : *prediction.result,
                        .id = prediction.id,
                        .media_type = prediction.media_type};
      wanted.corrected = correction.has_value();
      wanted.time = correction ? correction->time : prediction.time;
      const auto [known, is_new] = by_digest.try_emplace(*prediction.image, wanted);
      if (!is_new) omissions.repeat();
      if (!is_new && wanted.better_than(known->second)) known->second = std::move(wanted);
    }
    return ++count < what.most;
  });
  std::vector<Wanted> all;
  for (auto& [digest, wanted] : by_digest) all.push_back(std::move(wanted));
  std::ranges::sort(all, {}, [](const Wanted& wanted) { return wanted.picture.id; });
  return all;
}

Task<std::vector<Result<std::optional<Bytes>>>> fetch(ObjectStore& objects, std::span<const Wanted> wanted) {
  std::vector<Task<Result<std::optional<Bytes>>>> tasks;
  for (const Wanted& one : wanted) tasks.push_back(objects.get(one.picture.digest));
  co_return co_await when_all(std::move(tasks));
}

// Why a picture is left out; absent: it is in the set.
std::optional<std::string> add(LabeledSet& set, const Wanted& wanted, const Result<std::optional<Bytes>>& file) {
  if (!file && file.error().code != ErrorCode::internal) throw std::runtime_error(file.error().message);
  if (!file) return file.error().message;
  if (!*file) return "its picture is not in the object store";
  return set.add(wanted.picture, **file);
}

}  // namespace

std::string describe_left_out(const ExportedSet& set) {
  return fmt::format("{} left out, {} of a picture that is there already", set.left_out, set.repeated);
}

ExportedSet export_labeled(records::RecordStore& records, ObjectStore& objects, const LabeledExport& what,
                           const std::function<std::unique_ptr<LabeledSet>(const fs::path&)>& make_set,
                           const LeftOut& left_out) {
  constexpr std::size_t kTogether = 16;
  NewFolder folder(what.folder);
  ExportedSet exported;
  Omissions omissions(exported, left_out);
  const std::vector<Wanted> wanted = find_wanted(records, what, omissions);
  const auto set = make_set(folder.path());
  for (std::size_t first = 0; first < wanted.size(); first += kTogether) {
    const auto part = std::span(wanted).subspan(first, std::min(kTogether, wanted.size() - first));
    const auto fetched = run(fetch(objects, part));
    for (std::size_t i = 0; i < part.size(); ++i) {
      if (const auto why = add(*set, part[i], fetched[i])) {
        omissions.name(part[i].picture.id, *why);
      } else {
        ++exported.pictures;
      }
    }
  }
  if (exported.pictures == 0) {
    throw std::runtime_error(fmt::format("there is nothing to export ({})", describe_left_out(exported)));
  }
  exported.written = set->finish();
  folder.commit();
  return exported;
}

}  // namespace vidi::labeled_sets
