#include "records/packing/packing.hpp"

#include <gtest/gtest.h>

namespace vidi::records {
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

Prediction full_prediction() {
  Prediction prediction;
  prediction.id = make_uuid(now());
  prediction.time = time_of(prediction.id);
  prediction.model = "digits";
  prediction.version = "2";
  prediction.result = std::string("4\0\xff", 3);
  prediction.reason = "because";
  prediction.confidence = 1.0 / 3.0;
  prediction.candidates = {{.label = "4", .probability = 0.9}};
  prediction.digits = {{.label = "4", .probability = 0.9, .box = {1, 2, 3, -4}}};
  prediction.filename = "../a.png";
  prediction.safe_filename = "a.png";
  prediction.user = "Zoë";
  prediction.image = sha256(as_bytes("a picture"));
  prediction.media_type = "image/png";
  prediction.latency = std::chrono::microseconds(1234);
  return prediction;
}

TEST(Packing, GivesBackAPrediction) {
  Bytes blob;
  for (const bool with_result : {true, false}) {
    for (const bool with_image : {true, false}) {
      Prediction prediction = full_prediction();
      if (!with_result) prediction.result.reset();
      if (!with_image) prediction.image.reset();
      pack(prediction, blob);
      EXPECT_EQ(unpack_prediction(blob), prediction);
    }
  }
}

// Blobs of form 1, as stores of every age hold them.
TEST(Packing, ReadsAndWritesTheSameBytesAsEver) {
  const std::string with_all =
      "0103019aa4f012347abc8def0123456789ab01401e18240a0600060000006469676974730100000032010000003400000000"
      "000000000000e03f0d0000000100000034000000000000e83f1d0000000100000034000000000000e83f0100000002000000"
      "03000000fcffffff080000002e2e2f612e706e6705000000612e706e67040000005a6fc3ab92b2fa58028958317e408bd84e"
      "cfa70f5ee35b121991dbc232c49d166353708b09000000696d6167652f706e67d204000000000000";
  const std::string without_result_and_image =
      "0100019aa4f012347abc8def0123456789ab01401e18240a060006000000646967697473010000003205000000626c616e6b"
      "000000000000e03f0d0000000100000034000000000000e83f1d0000000100000034000000000000e83f0100000002000000"
      "03000000fcffffff080000002e2e2f612e706e6705000000612e706e67040000005a6fc3ab09000000696d6167652f706e67"
      "d204000000000000";
  Prediction prediction = full_prediction();
  prediction.id = *parse_uuid("019aa4f0-1234-7abc-8def-0123456789ab");
  prediction.time = Timestamp(std::chrono::microseconds(1'700'000'000'000'001));
  prediction.result = "4";
  prediction.reason.clear();
  prediction.confidence = 0.5;
  prediction.candidates.front().probability = 0.75;
  prediction.digits.front().probability = 0.75;
  Bytes blob;
  pack(prediction, blob);
  EXPECT_EQ(to_hex(blob), with_all);
  EXPECT_EQ(unpack_prediction(blob), prediction);
  prediction.result.reset();
  prediction.reason = "blank";
  prediction.image.reset();
  pack(prediction, blob);
  EXPECT_EQ(to_hex(blob), without_result_and_image);
  EXPECT_EQ(unpack_prediction(blob), prediction);
}

TEST(Packing, NoticesADamagedPrediction) {
  Bytes blob;
  pack(full_prediction(), blob);
  for (std::size_t size = 0; size < blob.size(); ++size) {
    EXPECT_EQ(unpack_prediction(ByteView(blob).first(size)), std::nullopt) << size;
  }
  blob.push_back({});
  EXPECT_EQ(unpack_prediction(blob), std::nullopt);
  blob.pop_back();
  blob.front() = std::byte{2};
  EXPECT_EQ(unpack_prediction(blob), std::nullopt);
}

TEST(Packing, NoticesABlobThatEndsTooEarly) {
  Bytes blob;
  pack(std::vector<Digit>{{.label = "7", .probability = 1, .box = {}}}, blob);
  for (std::size_t size = 1; size < blob.size(); ++size) {
    EXPECT_EQ(unpack_digits(ByteView(blob).first(size)), std::nullopt) << size;
  }
}

}  // namespace
}  // namespace vidi::records
