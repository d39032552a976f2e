#include "recognition/upload.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "image/encode.hpp"

namespace vidi::recognition {
namespace {

using testing::HasSubstr;

Result<const image::Format*> check(Bytes bytes, std::optional<std::string> filename) {
  Upload upload;
  upload.bytes = std::move(bytes);
  upload.filename = std::move(filename);
  return check_upload(upload, {});
}

const Bytes kPng = image::encode_png(image::make_image(2, 2, 1));
const Bytes kNumbers = to_bytes("0 0.5 1");
const Bytes kPdf = to_bytes("%PDF-1.4\n");

TEST(CheckUpload, TellsTheFormatByContentWhenThereIsNoName) {
  EXPECT_EQ(check(kPng, std::nullopt), &image::kPng);
  EXPECT_EQ(check(kNumbers, std::nullopt), &image::kTxt);
  EXPECT_EQ(check(kPdf, std::nullopt), &image::kPdf);
}

TEST(CheckUpload, WantsNameAndContentToAgree) {
  EXPECT_EQ(check(kPng, "a.PNG"), &image::kPng);
  EXPECT_EQ(check(kNumbers, "a.txt"), &image::kTxt);
  EXPECT_EQ(check(kPdf, "a.pdf"), &image::kPdf);
  const auto contradicts = [](const Bytes& bytes, const char* filename, const char* content) {
    const auto checked = check(bytes, filename);
    ASSERT_FALSE(checked) << filename;
    EXPECT_EQ(checked.error().code, ErrorCode::unsupported_media) << filename;
    EXPECT_THAT(checked.error().message, HasSubstr(content)) << filename;
  };
  contradicts(kPng, "a.txt", "contradicts the content, which is PNG");
  contradicts(kPng, "a.pdf", "contradicts the content, which is PNG");
  contradicts(kNumbers, "a.png", "contradicts the content, which is TXT");
  contradicts(kPdf, "a.txt", "contradicts the content, which is PDF");
}

TEST(CheckUpload, SaysWhatIsWrongWithATextThatIsNoPicture) {
  const auto checked = check(to_bytes("hello 1 2"), "a.txt");
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::undecodable);
  EXPECT_THAT(checked.error().message, HasSubstr("'hello' in line 1 is not a number"));
  EXPECT_THAT(check(to_bytes(" \n"), "a.txt").error().message, HasSubstr("0 numbers were found"));
}

TEST(CheckUpload, NamesTheFormatsThatAreRead) {
  const auto checked = check(to_bytes("hello 1 2"), std::nullopt);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code, ErrorCode::undecodable);
  EXPECT_THAT(checked.error().message, HasSubstr("PNG, JPEG, GIF, BMP, PDF, or TXT"));
}

}  // namespace
}  // namespace vidi::recognition
