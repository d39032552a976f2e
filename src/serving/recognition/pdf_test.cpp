// Documents: every page is read, and no document holds up more than itself.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "documents/make_pdf.hpp"
#include "recognition/recognizer.hpp"

namespace vidi::recognition {
namespace {

using documents::make_pdf;
using documents::PdfPage;
using testing::HasSubstr;

RecognizerOptions options() {
  RecognizerOptions options;
  options.pdf.renderer = VIDI_PDF_PROGRAM;
  return options;
}

// Points from the bottom left corner.
PdfPage page(const std::string& digits) {
  return {.media_box = "0 0 288 288", .content = "BT /F1 60 Tf 100 100 Td (" + digits + ") Tj ET"};
}

class RecognizerOfPdfs : public testing::Test {
 protected:
  static models::Repository open_models() {
    auto models = models::Repository::open(MODELS_DIR);
    if (!models) throw std::runtime_error(models.error().message);
    return std::move(*models);
  }

  Result<records::Prediction> recognize(Bytes bytes, std::optional<std::string> filename = std::nullopt) {
    const Upload upload = new_upload(std::move(bytes), std::move(filename));
    return run(recognizer_.recognize(upload, "digits-softmax"));
  }

  models::Repository models_ = open_models();
  Recognizer recognizer_{models_, options()};
};

TEST_F(RecognizerOfPdfs, EveryPageIsReadAndTheyAreSeparatedByFormFeeds) {
  const auto prediction = recognize(make_pdf({page("7"), page(""), page("1 1")}), "scan.pdf");
  ASSERT_TRUE(prediction) << prediction.error().message;
  EXPECT_EQ(prediction->media_type, "application/pdf");
  ASSERT_TRUE(prediction->result) << prediction->reason;
  const std::string& result = *prediction->result;
  ASSERT_EQ(std::ranges::count(result, '\f'), 2) << result;
  EXPECT_EQ(result.substr(0, 3), "7\f\f");
  ASSERT_GE(prediction->digits.size(), 3U);
  // In dots of the page: 150 an inch, of 72 points; the writing stands on the page's lower half.
  const auto [x, y, width, height] = prediction->digits.front().box;
  EXPECT_NEAR(x, 100.0 * 150 / 72, 20);
  EXPECT_NEAR(y + height, 188.0 * 150 / 72, 10);
  EXPECT_GT(height, 60.0 * 150 / 72 / 2);
  EXPECT_GT(width, 10);
}

TEST_F(RecognizerOfPdfs, OnePageWithOneDigitIsAnsweredAsAPictureIs) {
  const auto prediction = recognize(make_pdf({page("7")}));
  ASSERT_TRUE(prediction) << prediction.error().message;
  EXPECT_EQ(prediction->result, "7");
  EXPECT_EQ(prediction->candidates.size(), 5U);
}

TEST_F(RecognizerOfPdfs, ADocumentWithoutDigitsHasAReasonInsteadOfAResult) {
  const auto prediction = recognize(make_pdf({page(""), page("")}));
  ASSERT_TRUE(prediction) << prediction.error().message;
  EXPECT_FALSE(prediction->result);
  EXPECT_FALSE(prediction->reason.empty());
}

TEST_F(RecognizerOfPdfs, ErrorsOfTheDocumentAreHandedOn) {
  const auto damaged = recognize(to_bytes("%PDF-1.7 and no more"), "a.pdf");
  ASSERT_FALSE(damaged);
  EXPECT_EQ(damaged.error().code, ErrorCode::undecodable);
  EXPECT_THAT(damaged.error().message, HasSubstr("damaged"));
  const auto long_one = recognize(make_pdf(std::vector<PdfPage>(51)));
  ASSERT_FALSE(long_one);
  EXPECT_EQ(long_one.error().code, ErrorCode::too_large);
  EXPECT_THAT(long_one.error().message, HasSubstr("51 pages; at most 50"));
}

TEST_F(RecognizerOfPdfs, TheLimitOnAFilesBytesIsKept) {
  RecognizerOptions small = options();
  small.limits.max_bytes = 100;
  models::Repository models = open_models();
  Recognizer recognizer(models, small);
  const Upload upload = new_upload(make_pdf({page("7")}));
  EXPECT_EQ(run(recognizer.recognize(upload, "digits-softmax")).error().code, ErrorCode::too_large);
}

TEST_F(RecognizerOfPdfs, TheFirstPagesAreExplained) {
  const Upload one = new_upload(make_pdf({page("7")}));
  const Upload many = new_upload(make_pdf(std::vector<PdfPage>(30, page("7"))));
  const auto of_one = run(recognizer_.explain(one, "digits-softmax"));
  const auto of_many = run(recognizer_.explain(many, "digits-softmax"));
  ASSERT_TRUE(of_one) << of_one.error().message;
  ASSERT_TRUE(of_many) << of_many.error().message;
  EXPECT_EQ(of_many->width, of_one->width);
  EXPECT_EQ(of_many->height, 8 * of_one->height);
}

}  // namespace
}  // namespace vidi::recognition
