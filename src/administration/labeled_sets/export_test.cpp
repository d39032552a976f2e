#include "labeled_sets/export.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "core/value_of.hpp"
#include "objects/memory/memory_store.hpp"
#include "records/memory/memory_store.hpp"

namespace vidi::labeled_sets {
namespace {

namespace fs = std::filesystem;
using records::Prediction;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;
using testing::ThrowsMessage;
using testing::UnorderedElementsAre;

// What was added to a set, by picture.
using Added = std::map<Digest, std::string>;

// Notes the labels, writes a file that says it was there, and refuses one label.
class NotingSet final : public LabeledSet {
 public:
  NotingSet(fs::path folder, Added& added) : folder_(std::move(folder)), added_(added) {}

  std::optional<std::string> add(const LabeledPicture& picture, ByteView file) override {
    EXPECT_EQ(sha256(file), picture.digest);
    if (picture.label == "refused") return "it is refused";
    EXPECT_TRUE(added_.emplace(picture.digest, picture.label).second) << "a picture that comes twice";
    return std::nullopt;
  }

  std::string finish() override {
    std::ofstream(folder_ / "set") << added_.size();
    return "so many";
  }

 private:
  const fs::path folder_;
  Added& added_;
};

class Exports : public testing::Test {
 protected:
  ~Exports() override { fs::remove_all(folder_.parent_path()); }
  Exports() = default;
  Exports(const Exports&) = delete;
  Exports& operator=(const Exports&) = delete;
  Exports(Exports&&) = delete;
  Exports& operator=(Exports&&) = delete;

  static Bytes picture(int n) { return to_bytes("picture " + std::to_string(n)); }
  static Digest digest(int n) { return sha256(picture(n)); }

  // The next prediction, of the n-th picture; without a result where that is empty.
  Uuid record(int n, const std::string& result, const std::string& corrected = {}) {
    Prediction prediction;
    prediction.time = *parse_timestamp("2026-11-21T05:30:00Z") + std::chrono::seconds(count_++);
    prediction.id = make_uuid(prediction.time);
    prediction.model = "digits";
    if (!result.empty()) prediction.result = result;
    prediction.image = digest(n);
    const Bytes bytes = picture(n);
    check_done(run(objects_->put(digest(n), bytes)));
    const Uuid id = prediction.id;
    if (!corrected.empty()) {
      prediction.correction = {.label = corrected, .user = {}, .time = prediction.time + std::chrono::hours(1)};
    }
    check_done(run(records_->append(std::move(prediction))));
    return id;
  }

  ExportedSet export_all(bool corrected = false) {
    const LabeledExport what{.query = {}, .most = SIZE_MAX, .corrected = corrected, .folder = folder_};
    const auto make_set = [this](const fs::path& folder) { return std::make_unique<NotingSet>(folder, added_); };
    return export_labeled(*records_, *objects_, what, make_set,
                          [this](const Uuid& id, const std::string& why) { left_out_.emplace_back(id, why); });
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / "exports" / "set";
  const std::unique_ptr<records::RecordStore> records_ = records::memory::make_store();
  const std::unique_ptr<objects::ObjectStore> objects_ = objects::memory::make_store();
  int count_ = 0;
  Added added_;
  std::vector<std::pair<Uuid, std::string>> left_out_;
};

TEST_F(Exports, LabelWithTheCorrectionWhereThereIsOne) {
  record(1, "4");
  record(2, "5", "6");
  const ExportedSet set = export_all();
  EXPECT_EQ(set.pictures, 2U);
  EXPECT_EQ(set.left_out, 0U);
  EXPECT_EQ(set.written, "so many");
  EXPECT_THAT(added_, UnorderedElementsAre(Pair(digest(1), "4"), Pair(digest(2), "6")));
  EXPECT_TRUE(fs::exists(folder_ / "set"));
}

TEST_F(Exports, HoldEachPictureOnceAsItWasCorrectedLast) {
  record(1, "4", "older");
  record(1, "4", "newer");
  record(1, "newest result");
  record(2, "older result");
  record(2, "newer result");
  const ExportedSet set = export_all();
  EXPECT_EQ(set.pictures, 2U);
  EXPECT_EQ(set.repeated, 3U);
  EXPECT_THAT(added_, UnorderedElementsAre(Pair(digest(1), "newer"), Pair(digest(2), "newer result")));
}

TEST_F(Exports, OfCorrectionsHoldNothingElse) {
  record(1, "4");
  record(2, "5", "6");
  EXPECT_EQ(export_all(true).pictures, 1U);
  EXPECT_THAT(added_, ElementsAre(Pair(digest(2), "6")));
}

TEST_F(Exports, SayWhyAPredictionIsLeftOut) {
  record(1, "4");
  const Uuid unknown = record(2, "");
  const Uuid refused = record(3, "refused");
  const Uuid lost = record(4, "4");
  ASSERT_TRUE(value_of(run(objects_->remove(digest(4)))));
  Prediction bare;
  bare.id = make_uuid(*parse_timestamp("2026-11-22T00:00:00Z"));
  bare.result = "1";
  check_done(run(records_->append(bare)));
  const ExportedSet set = export_all();
  EXPECT_EQ(set.pictures, 1U);
  EXPECT_EQ(set.left_out, 4U);
  EXPECT_THAT(left_out_, UnorderedElementsAre(Pair(unknown, "it has no result, and nobody has said what is right"),
                                              Pair(bare.id, "it has no picture"), Pair(refused, "it is refused"),
                                              Pair(lost, "its picture is not in the object store")));
  EXPECT_EQ(describe_left_out(set), "4 left out, 0 of a picture that is there already");
}

TEST_F(Exports, OfNothingLeaveNoFolder) {
  record(1, "refused");
  EXPECT_THAT([&] { export_all(); },
              ThrowsMessage<std::runtime_error>(HasSubstr("there is nothing to export (1 left out")));
  EXPECT_TRUE(!fs::exists(folder_.parent_path()) || fs::is_empty(folder_.parent_path()));
}

TEST_F(Exports, TakeNoFolderInWhichSomethingLies) {
  record(1, "4");
  fs::create_directories(folder_);
  EXPECT_EQ(export_all().pictures, 1U) << "an empty folder";
  EXPECT_THAT([&] { export_all(); }, ThrowsMessage<std::runtime_error>(HasSubstr("name a new one")));
}

TEST_F(Exports, HoldAsManyPredictionsAsAreAskedFor) {
  record(1, "oldest");
  record(2, "middle");
  record(3, "newest");
  const LabeledExport what{.query = {}, .most = 2, .folder = folder_};
  const auto make_set = [this](const fs::path& folder) { return std::make_unique<NotingSet>(folder, added_); };
  EXPECT_EQ(export_labeled(*records_, *objects_, what, make_set, [](const Uuid&, const std::string&) {}).pictures, 2U);
  EXPECT_THAT(added_, UnorderedElementsAre(Pair(digest(2), "middle"), Pair(digest(3), "newest")));
}

}  // namespace
}  // namespace vidi::labeled_sets
