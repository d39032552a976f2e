#include "recognition/retention.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/digest.hpp"
#include "core/uuid.hpp"
#include "objects/memory/memory_store.hpp"
#include "records/memory/memory_store.hpp"

namespace vidi::recognition {
namespace {

using std::chrono::days;
using testing::HasSubstr;

TEST(RetentionRules, AreDaysForAllOrForAModel) {
  const auto rules = parse_retention("digits=30, 365");
  ASSERT_TRUE(rules) << rules.error().message;
  EXPECT_EQ(rules->by_model.at("digits"), days(30));
  EXPECT_EQ(rules->others, days(365));
  EXPECT_TRUE(parse_retention("")->empty());
}

TEST(RetentionRules, SayWhatIsWrong) {
  for (const char* text : {"0", "36501", "-1", "a", "digits=", "=3", "digits=3,digits=4", "3,4", "3 4", "digits=3d"}) {
    const auto rules = parse_retention(text);
    ASSERT_FALSE(rules) << text;
    EXPECT_THAT(rules.error().message, HasSubstr("expected DAYS or MODEL=DAYS")) << text;
  }
}

class ForgetOutdated : public testing::Test {
 protected:
  // Recorded so many days before `time_`; those with the same picture share it.
  Uuid record(const std::string& model, int age, const std::string& picture) {
    records::Prediction prediction;
    prediction.time = time_ - days(age);
    prediction.id = make_uuid(prediction.time);
    prediction.model = model;
    const Bytes bytes = to_bytes(picture);
    prediction.image = sha256(bytes);
    EXPECT_TRUE(run(recorder_.record(prediction, bytes)));
    return prediction.id;
  }

  bool is_there(const Uuid& id) { return run(records_->find(id))->has_value(); }
  bool is_kept(const std::string& picture) { return *run(objects_->contains(sha256(to_bytes(picture)))); }

  std::size_t forget(const char* rules) { return *run(forget_outdated(recorder_, *parse_retention(rules), time_)); }

  const Timestamp time_ = now();
  std::unique_ptr<records::RecordStore> records_ = records::memory::make_store();
  std::unique_ptr<objects::ObjectStore> objects_ = objects::memory::make_store();
  Recorder recorder_{*records_, *objects_};
};

TEST_F(ForgetOutdated, TakesWhatIsOlderWithItsPicture) {
  const Uuid old = record("digits", 31, "old");
  const Uuid young = record("digits", 29, "young");
  EXPECT_EQ(forget("30"), 1U);
  EXPECT_FALSE(is_there(old));
  EXPECT_FALSE(is_kept("old"));
  EXPECT_TRUE(is_there(young));
  EXPECT_TRUE(is_kept("young"));
}

TEST_F(ForgetOutdated, LeavesAPictureThatAYoungerOneShares) {
  record("digits", 31, "shared");
  record("digits", 1, "shared");
  EXPECT_EQ(forget("30"), 1U);
  EXPECT_TRUE(is_kept("shared"));
}

TEST_F(ForgetOutdated, GoesByModel) {
  const Uuid short_kept = record("digits", 10, "a");
  const Uuid long_kept = record("fruits", 100, "b");
  const Uuid other = record("others", 100, "c");
  EXPECT_EQ(forget("digits=7,fruits=365,30"), 2U);
  EXPECT_FALSE(is_there(short_kept));
  EXPECT_TRUE(is_there(long_kept));
  EXPECT_FALSE(is_there(other));
}

TEST_F(ForgetOutdated, WithoutARuleForItAModelIsKept) {
  const Uuid id = record("fruits", 10'000, "a");
  EXPECT_EQ(forget("digits=7"), 0U);
  EXPECT_TRUE(is_there(id));
}

TEST_F(ForgetOutdated, ThereMayBeMoreThanAPage) {
  for (int i = 0; i < 2100; ++i) record("digits", 40 + i % 3, "p");
  EXPECT_EQ(forget("30"), 2100U);
  EXPECT_FALSE(is_kept("p"));
}

}  // namespace
}  // namespace vidi::recognition
