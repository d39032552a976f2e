#include "recognition/recognizer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "datasets/mnist.hpp"
#include "image/encode.hpp"
#include "image/make_jpeg.hpp"
#include "inference/fake.hpp"

namespace vidi::recognition {
namespace {

using testing::HasSubstr;

models::Repository repository_of(std::unique_ptr<inference::Model> network) {
  auto model = std::make_shared<models::LoadedModel>();
  model->description.name = "test";
  model->description.labels = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  model->description.input = {.name = "image", .width = 28, .height = 28, .channels = 1, .scale = 1.0 / 255};
  model->version = "3";
  model->network = std::move(network);
  return models::Repository({model});
}

// A dark bar on white, a tenth of the picture wide.
Bytes picture(int width, int height) {
  image::Image image = image::make_image(width, height, 1);
  std::ranges::fill(image.pixels, std::uint8_t{255});
  for (int y = height / 4; y < height * 3 / 4; ++y) {
    std::ranges::fill(image.row(y).subspan(static_cast<std::size_t>(width) / 2, static_cast<std::size_t>(width) / 10),
                      std::uint8_t{0});
  }
  return image::encode_png(image);
}

class RecognizerTest : public testing::Test {
 protected:
  Result<records::Prediction> recognize(const Upload& upload, const std::string& model = "test") {
    return run(recognizer_.recognize(upload, model));
  }

  models::Repository models_ = repository_of(inference::make_fake_model(28, 28, 10));
  Recognizer recognizer_{models_, {}};
};

TEST_F(RecognizerTest, FillsInEverythingButTheLatency) {
  const Upload upload = new_upload(picture(50, 60), "../my picture.png");
  const auto prediction = recognize(upload);
  ASSERT_TRUE(prediction) << prediction.error().message;
  EXPECT_EQ(prediction->id, upload.id);
  EXPECT_EQ(prediction->model, "test");
  EXPECT_EQ(prediction->version, "3");
  EXPECT_EQ(prediction->filename, "../my picture.png");
  EXPECT_EQ(prediction->safe_filename, "my_picture.png");
  EXPECT_EQ(prediction->media_type, "image/png");
  EXPECT_EQ(prediction->image, sha256(upload.bytes));
  ASSERT_EQ(prediction->candidates.size(), 5U);
  EXPECT_EQ(prediction->result, prediction->candidates.front().label);
  EXPECT_NEAR(prediction->confidence, 0.9, 1e-6);
  ASSERT_EQ(prediction->digits.size(), 1U);
  const std::array<int, 4> bar{25, 15, 5, 30};
  for (std::size_t i = 0; i < bar.size(); ++i) EXPECT_NEAR(prediction->digits[0].box[i], bar[i], 2) << i;
}

TEST_F(RecognizerTest, ALargePictureIsReadByTheWorkersWithTheSameAnswer) {
  const auto prediction = recognize(new_upload(picture(600, 700), "a.png"));
  ASSERT_TRUE(prediction) << prediction.error().message;
  EXPECT_TRUE(prediction->result);
}

TEST_F(RecognizerTest, BoxesOfALargeJpegAreInPixelsOfTheWholePicture) {
  image::Image image = image::make_image(4000, 3000, 1);
  std::ranges::fill(image.pixels, std::uint8_t{255});
  for (int y = 1000; y < 2000; ++y) std::ranges::fill(image.row(y).subspan(2400, 200), std::uint8_t{0});
  const auto prediction = recognize(new_upload(image::encode_jpeg(image), "a.jpg"));
  ASSERT_TRUE(prediction) << prediction.error().message;
  ASSERT_EQ(prediction->digits.size(), 1U);
  const std::array<int, 4> bar{2400, 1000, 200, 1000};
  for (std::size_t i = 0; i < bar.size(); ++i) EXPECT_NEAR(prediction->digits[0].box[i], bar[i], 12) << i;
}

TEST_F(RecognizerTest, ExplainsWithThePictureAndWhatTheModelSaw) {
  const Upload upload = new_upload(picture(400, 300));
  const auto explanation = run(recognizer_.explain(upload, "test"));
  ASSERT_TRUE(explanation) << explanation.error().message;
  EXPECT_EQ(explanation->width, 400);
  EXPECT_GT(explanation->height, 300 + 4 * 28) << "the form stands below the picture";
  EXPECT_EQ(explanation->channels, 3);
  const Upload empty = new_upload(image::encode_png(image::make_image(30, 30, 1)));
  const auto blank = run(recognizer_.explain(empty, "test"));
  ASSERT_TRUE(blank) << "a picture without digits is explained too";
  EXPECT_EQ(run(recognizer_.explain(upload, "other")).error().code, ErrorCode::not_found);
}

TEST_F(RecognizerTest, ABlankPictureHasAReasonInsteadOfAResult) {
  image::Image blank = image::make_image(30, 30, 1);
  const auto prediction = recognize(new_upload(image::encode_png(blank)));
  ASSERT_TRUE(prediction) << prediction.error().message;
  EXPECT_FALSE(prediction->result);
  EXPECT_THAT(prediction->reason, HasSubstr("blank"));
  EXPECT_TRUE(prediction->image);
}

TEST_F(RecognizerTest, RefusesWhatItCannotUseAndSaysWhy) {
  const auto error = [&](Bytes bytes, std::optional<std::string> filename) {
    return recognize(new_upload(std::move(bytes), std::move(filename))).error();
  };
  EXPECT_EQ(error(picture(30, 30), "a.exe").code, ErrorCode::unsupported_media);
  EXPECT_THAT(error(picture(30, 30), "a.exe").message, HasSubstr("must end in png, jpg"));
  EXPECT_EQ(error(picture(30, 30), "png").code, ErrorCode::unsupported_media);
  EXPECT_EQ(error(picture(30, 30), "a.jpg").code, ErrorCode::unsupported_media);
  EXPECT_THAT(error(picture(30, 30), "a.jpg").message, HasSubstr("contradicts the content, which is PNG"));
  EXPECT_EQ(error({}, "a.png").code, ErrorCode::undecodable);
  EXPECT_EQ(error(to_bytes("hello"), std::nullopt).code, ErrorCode::undecodable);
  Bytes cut = picture(30, 30);
  cut.resize(cut.size() / 2);
  EXPECT_EQ(error(cut, "a.PNG").code, ErrorCode::undecodable);
  EXPECT_EQ(recognize(new_upload(picture(30, 30)), "other").error().code, ErrorCode::not_found);
}

TEST(Recognizer, HandsTheModelsErrorOn) {
  const Error broken{ErrorCode::internal, "the network is broken"};
  models::Repository models = repository_of(inference::make_failing_model(broken));
  Recognizer recognizer(models, {});
  const Upload upload = new_upload(picture(30, 30));
  EXPECT_EQ(run(recognizer.recognize(upload, "test")).error(), broken);
}

TEST(Recognizer, LimitsAreKept) {
  RecognizerOptions options;
  options.limits.max_pixels = 100;
  models::Repository models = repository_of(inference::make_fake_model(28, 28, 10));
  Recognizer recognizer(models, options);
  const Upload upload = new_upload(picture(30, 30));
  EXPECT_EQ(run(recognizer.recognize(upload, "test")).error().code, ErrorCode::too_large);
}

TEST(Recognizer, ReadsMostOfMnistWithTheCommittedModel) {
  auto models = models::Repository::open(MODELS_DIR);
  ASSERT_TRUE(models) << models.error().message;
  Recognizer recognizer(*models, {});
  const auto mnist = datasets::load_mnist(TEST_DATA "/mnist", datasets::Split::test);
  ASSERT_TRUE(mnist) << mnist.error().message;
  int correct = 0;
  for (std::size_t i = 0; i < 1000; ++i) {
    image::Image image = image::make_image(28, 28, 1);
    std::ranges::copy(mnist->image(i), image.pixels.begin());
    const Upload upload = new_upload(image::encode_png(image));
    const auto prediction = run(recognizer.recognize(upload, "digits-softmax"));
    ASSERT_TRUE(prediction) << prediction.error().message;
    correct += prediction->result == std::to_string(static_cast<int>(mnist->labels[i])) ? 1 : 0;
  }
  EXPECT_GE(correct, 900);
}

}  // namespace
}  // namespace vidi::recognition
