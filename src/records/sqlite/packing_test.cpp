#include "records/sqlite/packing.hpp"

#include <gtest/gtest.h>

namespace vidi::records::sqlite {
namespace {

TEST(Packing, GivesBackWhatItWasGiven) {
  const std::vector<Candidate> candidates = {{.label = "Banana", .probability = 0.1},
                                             {.label = std::string("\0\xff", 2), .probability = 1e-300}};
  const std::vector<Digit> digits = {{.label = "", .probability = 1, .box = {-1, 2, 2'000'000'000, 0}}};
  Bytes blob;
  pack(candidates, blob);
  EXPECT_EQ(unpack_candidates(blob), candidates);
  pack(digits, blob);
  EXPECT_EQ(unpack_digits(blob), digits);
  pack(std::vector<Digit>(), blob);
  EXPECT_EQ(unpack_digits(blob), std::vector<Digit>());
}

TEST(Packing, NoticesABlobThatEndsTooEarly) {
  Bytes blob;
  pack(std::vector<Digit>{{.label = "7", .probability = 1, .box = {}}}, blob);
  for (std::size_t size = 1; size < blob.size(); ++size) {
    EXPECT_EQ(unpack_digits(ByteView(blob).first(size)), std::nullopt) << size;
  }
}

}  // namespace
}  // namespace vidi::records::sqlite
