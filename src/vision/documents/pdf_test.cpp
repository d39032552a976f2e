#include "documents/pdf.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "documents/make_pdf.hpp"

namespace vidi::documents {
namespace {

using image::Image;
using testing::HasSubstr;

PdfOptions options() { return {.renderer = VIDI_PDF_PROGRAM}; }

Bytes read_file(const std::string& name) {
  std::ifstream file(TEST_DATA "/documents/" + name, std::ios::binary);
  return to_bytes(std::string(std::istreambuf_iterator<char>(file), {}));
}

// Every page, or the first error.
Result<std::vector<Image>> render(ByteView file, const PdfOptions& with = options()) {
  auto pages = PdfPages::open(file, with);
  if (!pages) return forward_error(pages);
  std::vector<Image> images;
  while (true) {
    auto page = pages->next();
    if (!page) return forward_error(page);
    if (!*page) break;
    images.push_back(std::move(**page));
  }
  EXPECT_EQ(images.size(), pages->count());
  EXPECT_EQ(*pages->next(), std::nullopt);
  return images;
}

std::array<int, 3> pixel(const Image& image, int x, int y) {
  const auto at = image.row(y).subspan(static_cast<std::size_t>(x) * 3, 3);
  return {at[0], at[1], at[2]};
}

constexpr std::array kWhite{255, 255, 255};
constexpr std::array kBlack{0, 0, 0};
constexpr std::array kRed{255, 0, 0};

// How many pixels of that part are dark.
int ink(const Image& image, int left, int top, int right, int bottom) {
  int count = 0;
  for (int y = top; y < bottom; ++y) {
    for (int x = left; x < right; ++x) count += pixel(image, x, y)[1] < 128 ? 1 : 0;
  }
  return count;
}

TEST(Pdf, PageIsAPictureOf150DotsAnInch) {
  // Points from the bottom left corner.
  const auto pages = render(make_pdf({{.content = "1 0 0 rg 12 96 24 24 re f"}}));
  ASSERT_TRUE(pages) << pages.error().message;
  ASSERT_EQ(pages->size(), 1U);
  const Image& page = pages->front();
  EXPECT_EQ(page.width, 150);
  EXPECT_EQ(page.height, 300);
  ASSERT_EQ(page.channels, 3);
  EXPECT_EQ(pixel(page, 0, 0), kWhite);
  EXPECT_EQ(pixel(page, 27, 52), kRed);
  EXPECT_EQ(pixel(page, 72, 97), kRed);
  EXPECT_EQ(pixel(page, 78, 97), kWhite);
  EXPECT_EQ(pixel(page, 72, 103), kWhite);
  EXPECT_EQ(pixel(page, 149, 299), kWhite);
}

TEST(Pdf, TextIsDrawnThoughTheFileBringsNoFont) {
  const auto pages = render(make_pdf({{.media_box = "0 0 144 72", .content = "BT /F1 40 Tf 20 20 Td (407) Tj ET"}}));
  ASSERT_TRUE(pages) << pages.error().message;
  const Image& page = pages->front();
  EXPECT_GT(ink(page, 40, 40, 190, 110), 800);
  EXPECT_EQ(ink(page, 0, 0, 300, 35), 0);
  EXPECT_EQ(ink(page, 0, 112, 300, 150), 0);
}

TEST(Pdf, PicturesInItAreDrawn) {
  const std::string picture = pdf_stream(std::string("\x00\xFF\xFF\x00", 4),
                                         "/Type /XObject /Subtype /Image /Width 2 /Height 2 /ColorSpace /DeviceGray "
                                         "/BitsPerComponent 8");
  const auto pages =
      render(make_pdf({{.content = "72 0 0 144 0 0 cm /I1 Do", .resources = "/XObject << /I1 1 0 R >>"}}, {picture}));
  ASSERT_TRUE(pages) << pages.error().message;
  EXPECT_EQ(pixel(pages->front(), 5, 5), kBlack);
  EXPECT_EQ(pixel(pages->front(), 145, 5), kWhite);
  EXPECT_EQ(pixel(pages->front(), 5, 295), kWhite);
  EXPECT_EQ(pixel(pages->front(), 145, 295), kBlack);
}

TEST(Pdf, FormFieldsAreDrawnAsFilledIn) {
  const std::string appearance = pdf_stream("0 g 0 0 20 20 re f", "/Type /XObject /Subtype /Form /BBox [0 0 20 20]");
  const std::string field =
      "<< /Type /Annot /Subtype /Widget /FT /Tx /T (age) /V (4) /F 4 /Rect [10 10 30 30] /AP << /N 1 0 R >> >>";
  const auto pages = render(make_pdf({{.entries = "/Annots [2 0 R]"}}, {appearance, field},
                                     "/AcroForm << /Fields [2 0 R] /DA (/F1 9 Tf) >>"));
  ASSERT_TRUE(pages) << pages.error().message;
  EXPECT_EQ(pixel(pages->front(), 40, 260), kBlack);
  EXPECT_EQ(pixel(pages->front(), 70, 260), kWhite);
}

TEST(Pdf, PagesComeInOrderEachInItsOwnSize) {
  const auto pages = render(make_pdf({{.media_box = "0 0 72 72"},
                                      {.media_box = "0 0 144 72", .content = "0 g 0 0 144 72 re f"},
                                      {.media_box = "0 0 144 72", .entries = "/Rotate 90"}}));
  ASSERT_TRUE(pages) << pages.error().message;
  ASSERT_EQ(pages->size(), 3U);
  EXPECT_EQ((*pages)[0].width, 150);
  EXPECT_EQ(pixel((*pages)[0], 75, 75), kWhite);
  EXPECT_EQ((*pages)[1].width, 300);
  EXPECT_EQ(pixel((*pages)[1], 75, 75), kBlack);
  EXPECT_EQ((*pages)[2].width, 150);
  EXPECT_EQ((*pages)[2].height, 300);
}

TEST(Pdf, OfAnotherResolutionIsLargerOrSmaller) {
  PdfOptions coarse = options();
  coarse.dots_per_inch = 72;
  const auto pages = render(make_pdf({{}}), coarse);
  ASSERT_TRUE(pages) << pages.error().message;
  EXPECT_EQ(pages->front().width, 72);
  EXPECT_EQ(pages->front().height, 144);
}

TEST(Pdf, HugePagesAreRenderedWithinTheLimitOnPixels) {
  PdfOptions small = options();
  small.max_pixels = 10'000;
  for (const char* box : {"0 0 14400 14400", "0 0 99999999 99999999", "-50000 -50000 50000 -49999", "0 0 1 1000000"}) {
    const auto pages = render(make_pdf({{.media_box = box, .content = "0 g -1e9 -1e9 2e9 2e9 re f"}}), small);
    ASSERT_TRUE(pages) << box << ": " << pages.error().message;
    const Image& page = pages->front();
    EXPECT_LE(page.width * page.height, 10'000) << box;
    EXPECT_GE(std::max(page.width, page.height), 100) << box;
  }
}

TEST(Pdf, PagesWithoutAUsableSizeAreAPictureOrAnError) {
  for (const char* box : {"0 0 0 0", "5 5 -5", "a b c d", "0 0 1e39 1e39", "0 0 0.0001 0.0001", "1 1 1 99"}) {
    const auto pages = render(make_pdf({{.media_box = box}}));
    const bool refused = !pages && pages.error().code == ErrorCode::undecodable;
    EXPECT_TRUE(pages || refused) << box << ": " << pages.error().message;
  }
}

TEST(Pdf, EncryptedOnesAreRefusedUnlessTheyOpenWithoutAPassword) {
  const auto locked = render(read_file("password.pdf"));
  ASSERT_FALSE(locked);
  EXPECT_EQ(locked.error().code, ErrorCode::undecodable);
  EXPECT_EQ(locked.error().message, "The PDF is encrypted: remove its password.");
  std::string stranger(as_text(read_file("password.pdf")));
  stranger.replace(stranger.find("/Standard"), 9, "/Stranger");
  const auto cipher = render(as_bytes(stranger));
  ASSERT_FALSE(cipher);
  EXPECT_EQ(cipher.error().code, ErrorCode::undecodable);
  EXPECT_THAT(cipher.error().message, HasSubstr("encrypted in a way that cannot be read"));
  const auto restricted = render(read_file("owner-password.pdf"));
  ASSERT_TRUE(restricted) << restricted.error().message;
  EXPECT_GT(ink(restricted->front(), 0, 0, restricted->front().width, restricted->front().height), 100);
}

TEST(Pdf, WithMorePagesThanAllowedIsRefusedBeforeAnyIsRendered) {
  PdfOptions three = options();
  three.max_pages = 3;
  EXPECT_TRUE(render(make_pdf(std::vector<PdfPage>(3)), three));
  const auto pages = PdfPages::open(make_pdf(std::vector<PdfPage>(4)), three);
  ASSERT_FALSE(pages);
  EXPECT_EQ(pages.error().code, ErrorCode::too_large);
  EXPECT_EQ(pages.error().message, "The PDF has 4 pages; at most 3 are read (setting pdf-max-pages).");
}

TEST(Pdf, WithoutARendererIsUnavailable) {
  const Bytes file = make_pdf({{}});
  const auto missing = PdfPages::open(file, {.renderer = "/nonexistent/vidi-pdf"});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, ErrorCode::unavailable);
  EXPECT_THAT(missing.error().message, Not(HasSubstr("nonexistent")));
  const auto libraryless = PdfPages::open(file, {.renderer = VIDI_PDF_PROGRAM, .library = "/nonexistent/pdfium.so"});
  ASSERT_FALSE(libraryless);
  EXPECT_EQ(libraryless.error().code, ErrorCode::unavailable);
  EXPECT_THAT(libraryless.error().message, HasSubstr("pdf-library"));
  const auto other = PdfPages::open(file, {.renderer = VIDI_PDF_PROGRAM, .library = "libc.so.6"});
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, ErrorCode::unavailable);
}

TEST(Pdf, AreRenderedByManyThreadsAtOnce) {
  std::vector<std::jthread> threads;
  std::array<int, 4> right{};
  for (std::size_t i = 0; i < right.size(); ++i) {
    threads.emplace_back([i, &right] {
      const Bytes file = make_pdf(std::vector<PdfPage>(
          5, {.content = fmt::format("{} 0 0 rg 0 0 72 144 re f", i == 0 ? "0" : fmt::format("0.{}", i * 3))}));
      for (int round = 0; round < 5; ++round) {
        const auto pages = render(file);
        if (!pages || pages->size() != 5) return;
        const int red = pixel(pages->back(), 9, 9)[0];
        right.at(i) += std::abs(red - static_cast<int>(i) * 3 * 255 / 10) < 3 ? 1 : 0;
      }
    });
  }
  threads.clear();
  EXPECT_THAT(right, testing::Each(5));
}

}  // namespace
}  // namespace vidi::documents
