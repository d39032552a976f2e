#include "recognition/whole_picture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "image/encode.hpp"
#include "inference/load.hpp"
#include "recognition/recognizer.hpp"

namespace vidi::recognition {
namespace {

using testing::HasSubstr;

// Answers with the mean of each third of what it sees: how red, green and blue the picture is when those come in
// planes.
class MeanOfPlanes final : public inference::Model {
 public:
  [[nodiscard]] const inference::TensorInfo& input() const override { return input_; }
  [[nodiscard]] const inference::TensorInfo& output() const override { return output_; }
  Task<Result<inference::Tensor>> infer(inference::Tensor input, inference::Deadline) override {
    inference::Tensor answer{{1, 3}, {}};
    const std::size_t plane = input.values.size() / 3;
    for (std::size_t c = 0; c < 3; ++c) {
      float sum = 0;
      for (std::size_t i = 0; i < plane; ++i) sum += input.values[c * plane + i];
      answer.values.push_back(sum / static_cast<float>(plane));
    }
    co_return answer;
  }

 private:
  const inference::TensorInfo input_{"planes", {-1, 3, 8, 8}};
  const inference::TensorInfo output_{"means", {-1, 3}};
};

class OfWholePictures : public testing::Test {
 protected:
  OfWholePictures() {
    model_->version = "1";
    models::Description& description = model_->description;
    description.name = "colors";
    description.form = models::Form::picture;
    description.labels = {"red", "green", "blue"};
    description.input.layout = models::Layout::nchw;
    description.input.width = description.input.height = 8;
    description.input.channels = 3;
    description.input.color = models::Color::rgb;
    description.input.scale = 1 / 255.0;
    model_->network = std::make_unique<MeanOfPlanes>();
  }

  Result<records::Prediction> recognize(const Bytes& file, RecognizerOptions options = {}) {
    models::Repository models({model_});
    Recognizer recognizer(models, std::move(options));
    return run(recognizer.recognize(new_upload(file), "colors"));
  }

  std::shared_ptr<models::LoadedModel> model_ = std::make_shared<models::LoadedModel>();
};

Bytes colored(std::uint8_t red, std::uint8_t green, std::uint8_t blue, int width = 30, int height = 20) {
  image::Image image = image::make_image(width, height, 3);
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    image.pixels[i] = red;
    image.pixels[i + 1] = green;
    image.pixels[i + 2] = blue;
  }
  return image::encode_png(image);
}

TEST_F(OfWholePictures, TheLikeliestLabelIsTheResultAndTheOthersFollow) {
  const auto prediction = recognize(colored(51, 204, 0));
  ASSERT_TRUE(prediction) << prediction.error().message;
  EXPECT_EQ(prediction->result, "green");
  EXPECT_NEAR(prediction->confidence, 0.8, 1e-5);
  ASSERT_EQ(prediction->candidates.size(), 3U);
  EXPECT_EQ(prediction->candidates[1].label, "red");
  EXPECT_EQ(prediction->candidates[2].label, "blue");
  EXPECT_TRUE(prediction->digits.empty());
  EXPECT_EQ(prediction->media_type, "image/png");
}

TEST_F(OfWholePictures, BlueComesFirstWhereTheNetworkWantsIt) {
  model_->description.input.color = models::Color::bgr;
  EXPECT_EQ(recognize(colored(250, 10, 10))->result, "blue") << "its third plane is red";
}

TEST_F(OfWholePictures, WhatIsNotSureEnoughHasCandidatesAndAReason) {
  model_->description.least_probability = 0.9;
  const auto prediction = recognize(colored(51, 204, 0));
  ASSERT_TRUE(prediction);
  EXPECT_FALSE(prediction->result);
  EXPECT_EQ(prediction->confidence, 0);
  EXPECT_THAT(prediction->reason,
              HasSubstr("the likeliest label, green, has a probability of 0.80, and an answer takes "
                        "0.90"));
  EXPECT_EQ(prediction->candidates.size(), 3U);
}

TEST_F(OfWholePictures, WhereNoneIsLikelierThereIsNoResult) {
  model_->description.labels = {"red", "green"};
  model_->description.has_none = true;
  const auto none = recognize(colored(51, 102, 204));
  ASSERT_TRUE(none) << none.error().message;
  EXPECT_FALSE(none->result);
  EXPECT_EQ(none->confidence, 0);
  EXPECT_EQ(none->reason, "the picture shows none of the model's labels");
  EXPECT_EQ(none->candidates.front().label, "green");
  EXPECT_EQ(recognize(colored(51, 204, 102))->result, "green");
}

TEST_F(OfWholePictures, TheModelSaysInItsOwnWordsWhatItDoesNotKnow) {
  model_->description.least_probability = 0.9;
  model_->description.unknown = {{"de", "Kenne ich nicht"}, {"en", "Not a color I know"}};
  EXPECT_EQ(recognize(colored(51, 204, 0))->reason, "Not a color I know");
  EXPECT_EQ(unknown_text(model_->description, "de"), "Kenne ich nicht");
  model_->description.information =
      std::make_shared<models::Information>(models::Information{.languages = {"de", "en"}, .labels = {}});
  EXPECT_EQ(recognize(colored(51, 204, 0))->reason, "Kenne ich nicht");
  model_->description.unknown = {{"", "?"}};
  EXPECT_EQ(recognize(colored(51, 204, 0))->reason, "?");
}

TEST_F(OfWholePictures, ScoresBecomeProbabilities) {
  model_->description.output.kind = models::OutputKind::scores;
  const auto prediction = recognize(colored(0, 255, 0));
  ASSERT_TRUE(prediction);
  EXPECT_NEAR(prediction->confidence, 0.5761, 1e-4) << "e / (e + 2)";
  model_->description.output.kind = models::OutputKind::sigmoid;
  EXPECT_NEAR(recognize(colored(0, 255, 0))->confidence, 0.7311, 1e-4) << "1 / (1 + 1 / e)";
}

TEST_F(OfWholePictures, ALargePictureIsSeenByTheWorkersWithTheSameAnswer) {
  RecognizerOptions options;
  options.inline_pixels = 1;
  const auto inline_answer = recognize(colored(51, 204, 0, 400, 300));
  const auto answer = recognize(colored(51, 204, 0, 400, 300), options);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->candidates, inline_answer->candidates);
}

TEST_F(OfWholePictures, ADocumentIsRefusedWithWhatWouldDo) {
  const auto refused = recognize(to_bytes("%PDF-1.7\n%%EOF\n"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::unsupported_media);
  EXPECT_THAT(refused.error().message, HasSubstr("'colors' takes one picture, and this is a PDF"));
}

TEST_F(OfWholePictures, LimitsAreKept) {
  RecognizerOptions options;
  options.limits.max_pixels = 100;
  EXPECT_EQ(recognize(colored(1, 2, 3), options).error().code, ErrorCode::too_large);
}

TEST_F(OfWholePictures, ExplainsWithWhatTheNetworkSaw) {
  models::Repository models({model_});
  Recognizer recognizer(models, {});
  const auto picture = run(recognizer.explain(new_upload(colored(10, 20, 30)), "colors"));
  ASSERT_TRUE(picture) << picture.error().message;
  EXPECT_EQ(picture->channels, 3);
  EXPECT_EQ(picture->width, 224) << "8 pixels, each 28 wide";
  EXPECT_THAT((std::vector(picture->pixels.begin(), picture->pixels.begin() + 3)), testing::ElementsAre(10, 20, 30));
}

Bytes file_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  return to_bytes(content);
}

// tests/golden/make_networks.py trained it on four fruits, and took these pictures from the test set.
TEST(Fruits, ARealNetworkKnowsRealPictures) {
  auto network = inference::load_model(TEST_DATA "/networks/fruits-ir/model.xml", {});
  ASSERT_TRUE(network) << network.error().message;
  auto model = std::make_shared<models::LoadedModel>();
  model->version = "1";
  models::Description& description = model->description;
  description.name = "fruits";
  description.form = models::Form::picture;
  description.labels = {"Avocado", "Lemon", "Plum", "Strawberry"};
  description.input.layout = models::Layout::nchw;
  description.input.width = description.input.height = 32;
  description.input.channels = 3;
  description.input.color = models::Color::bgr;
  description.input.mean = {127.5, 127.5, 127.5};
  description.input.deviation = {127.5, 127.5, 127.5};
  description.output.kind = models::OutputKind::scores;
  model->network = std::move(*network);
  models::Repository models({model});
  Recognizer recognizer(models, {});
  for (const auto& [file, label] : {std::pair("avocado", "Avocado"), std::pair("lemon", "Lemon"),
                                    std::pair("plum", "Plum"), std::pair("strawberry", "Strawberry")}) {
    const Bytes bytes = file_of(std::string(TEST_DATA "/networks/pictures/") + file + ".jpg");
    const auto prediction = run(recognizer.recognize(new_upload(bytes), "fruits"));
    ASSERT_TRUE(prediction) << prediction.error().message;
    EXPECT_EQ(prediction->result, label);
  }
}

}  // namespace
}  // namespace vidi::recognition
