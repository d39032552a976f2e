#include "objects/local/format.hpp"
#include "objects/local/local_test.hpp"

namespace vidi::objects::local {
namespace {

using LocalStoreDamage = LocalStoreTest;

constexpr Options kTinySegments{.segment_size = 4000, .segment_entries = 20};

TEST_F(LocalStoreDamage, CutsOffARecordThatIsTornAtAnyByteAndKeepsTheOthers) {
  open();
  const Bytes last_picture = sample_picture(150, 3);
  const Digest first = put(sample_picture(200, 1));
  const Digest second = put(sample_picture(0, 2));
  const Digest last = put(last_picture);
  close();
  const auto segment = files(".segment").at(0);
  const std::string whole = read_file(segment);
  const std::size_t last_size = kRecordHeaderSize + last_picture.size();
  for (std::size_t missing = 1; missing <= last_size; ++missing) {
    // A file that ends there, or whose rest is the zeros that were written ahead.
    write_file(segment, whole.substr(0, whole.size() - missing) + std::string(missing % 2 * 5000, '\0'));
    open();
    EXPECT_TRUE(get(first).value()) << missing;
    EXPECT_TRUE(get(second).value()) << missing;
    EXPECT_FALSE(contains(last)) << missing;
    close();
    EXPECT_EQ(read_file(segment), whole.substr(0, whole.size() - last_size)) << missing;
    open();
    EXPECT_EQ(put(last_picture), last);
    close();
    open();
    EXPECT_EQ(get(last).value(), last_picture) << missing;
    close();
  }
}

TEST_F(LocalStoreDamage, NeverGivesWrongBytesWhateverByteOfASegmentIsWrong) {
  open();
  const std::vector<Bytes> pictures = {sample_picture(60, 1), sample_picture(60, 2), sample_picture(60, 3)};
  for (const Bytes& picture : pictures) put(picture);
  close();
  const auto segment = files(".segment").at(0);
  const std::string whole = read_file(segment);
  std::size_t lost = 0;
  for (std::size_t at = kSegmentHeaderSize; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    write_file(segment, damaged);
    open();
    std::size_t sound = 0;
    for (const Bytes& picture : pictures) {
      const auto outcome = get(sha256(picture));
      const std::optional<Bytes> found = outcome.value_or(std::nullopt);
      if (!outcome) {
        EXPECT_EQ(outcome.error().code, ErrorCode::internal);
        ++lost;
      } else if (found) {
        EXPECT_EQ(*found, picture);
        ++sound;
      } else {
        ++lost;
      }
    }
    EXPECT_EQ(sound, 2U) << "one wrong byte, at " << at << ", must cost one picture";
    close();
  }
  EXPECT_EQ(lost, whole.size() - kSegmentHeaderSize);
}

TEST_F(LocalStoreDamage, ReportsAPictureThatWasDamagedAfterTheStart) {
  open();
  const Digest small = put(sample_picture(300, 1));
  const Digest large = put(sample_picture(100'000, 2));
  const std::string name = to_string(large);
  for (const auto& path : {files(".segment").at(0), folder_ / "files" / name.substr(0, 2) / name}) {
    std::string content = read_file(path);
    char& byte = content.at(kSegmentHeaderSize + kRecordHeaderSize + 5);
    byte = static_cast<char>(byte ^ 1);
    std::fstream(path, std::ios::binary | std::ios::in | std::ios::out) << content;
  }
  for (const Digest& digest : {small, large}) {
    const auto found = get(digest);
    ASSERT_FALSE(found);
    EXPECT_EQ(found.error().code, ErrorCode::internal);
    EXPECT_THAT(found.error().message, testing::HasSubstr("is damaged"));
  }
}

TEST_F(LocalStoreDamage, ASegmentsHeaderThatIsWrongIsSaidAtTheStart) {
  open();
  put(sample_picture(300, 1));
  close();
  write_file(files(".segment").at(0), "not a segment, but long enough to be one");
  EXPECT_THROW(open(), std::runtime_error);
}

// Random changes of every index: whatever they are, no picture may be lost.
class LocalStoreIndexDamage : public LocalStoreTest {
 protected:
  void fill() {
    open(kTinySegments);
    for (unsigned i = 0; i < 100; ++i) {
      kept_.push_back(put(sample_picture(50 + i, i)));
      const Digest removed = put(sample_picture(50 + i, 1000 + i));
      if (i % 3 == 0) {
        EXPECT_TRUE(remove(removed));
        removed_.push_back(removed);
      }
    }
    close();
    ASSERT_GT(files(".index").size(), 3U);
  }

  void expect_everything() {
    open(kTinySegments);
    for (const Digest& digest : kept_) EXPECT_TRUE(get(digest).value());
    for (const Digest& digest : removed_) EXPECT_FALSE(contains(digest));
    close();
  }

  std::vector<Digest> kept_;
  std::vector<Digest> removed_;
};

TEST_F(LocalStoreIndexDamage, IndexesThatAreDeletedAreMadeAnew) {
  fill();
  const std::size_t before = files(".index").size();
  for (const auto& index : files(".index")) std::filesystem::remove(index);
  expect_everything();
  EXPECT_EQ(files(".index").size(), before);
}

TEST_F(LocalStoreIndexDamage, IndexesWithAWrongByteOrCutShortAreNotBelieved) {
  fill();
  const std::size_t size = read_file(files(".index").at(0)).size();
  for (std::size_t at = 0; at < size; at += 13) {
    for (const auto& index : files(".index")) {
      std::string content = read_file(index);
      const std::size_t position = at % content.size();
      content[position] = static_cast<char>(content[position] ^ 0x40);
      write_file(index, content);
    }
    expect_everything();
  }
  for (const auto& index : files(".index")) std::filesystem::resize_file(index, size / 2);
  expect_everything();
}

TEST_F(LocalStoreIndexDamage, APictureThatLooksLikeRecordsCannotRemoveAnother) {
  open();
  const Digest victim = put(sample_picture(100, 1));
  // Records as of another segment, whose seed nobody outside knows.
  Bytes forged;
  append_removal(forged, 0, victim, {.segment = 1, .offset = kSegmentHeaderSize, .record_size = 152});
  const Digest forgery = put(forged);
  close();
  // The header of the forging record is damaged, so that the search for the next record comes upon the forged one.
  const auto segment = files(".segment").at(0);
  std::string content = read_file(segment);
  content[kSegmentHeaderSize + kRecordHeaderSize + 100] = 'x';
  write_file(segment, content);
  open();
  EXPECT_TRUE(contains(victim));
  EXPECT_FALSE(contains(forgery));
}

}  // namespace
}  // namespace vidi::objects::local
