#include "http/multipart.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace vidi::http {
namespace {

using namespace std::string_view_literals;
using namespace std::string_literals;

// A body that arrives in pieces of a given size, the first of another. Each piece is gone at the next read.
class PiecewiseBody final : public Body {
 public:
  PiecewiseBody(std::string bytes, std::size_t first, std::size_t others)
      : bytes_(std::move(bytes)), next_size_(first), others_(others) {}

  Task<Result<ByteView>> read() override {
    const std::size_t size = std::min(next_size_, bytes_.size() - position_);
    piece_ = std::make_unique<std::string>(bytes_.substr(position_, size));
    position_ += size;
    next_size_ = others_;
    co_return as_bytes(*piece_);
  }

  [[nodiscard]] std::optional<std::uint64_t> size() const override { return bytes_.size(); }

 private:
  std::string bytes_;
  std::unique_ptr<std::string> piece_;
  std::size_t position_ = 0;
  std::size_t next_size_;
  std::size_t others_;
};

struct Seen {
  std::vector<Part> parts;
  std::vector<std::string> contents;
  bool failed = false;
  Error error;
};

Task<Seen> read_form(Body& body, std::string_view boundary, MultipartLimits limits) {
  Seen seen;
  MultipartReader reader(body, boundary, limits);
  for (;;) {
    auto part = co_await reader.next();
    if (!part) {
      seen.failed = true;
      seen.error = part.error();
      co_return seen;
    }
    const auto& value = *part;
    if (!value) co_return seen;
    auto content = co_await reader.read_all(1U << 20U);
    if (!content) {
      seen.failed = true;
      seen.error = content.error();
      co_return seen;
    }
    seen.parts.push_back(*value);
    seen.contents.emplace_back(as_text(*content));
  }
}

Seen read(std::string text, std::size_t first = 1U << 20U, std::size_t others = 1U << 20U,
          MultipartLimits limits = {}) {
  PiecewiseBody body(std::move(text), first, others);
  return run(read_form(body, "b", limits));
}

std::string part(std::string_view disposition, std::string_view content) {
  return fmt::format("--b\r\nContent-Disposition: form-data; {}\r\n\r\n{}\r\n", disposition, content);
}

// The filename of a form with one part.
std::string filename(std::string_view parameters) {
  const Seen seen = read(part(fmt::format("name=\"file\"; {}", parameters), "x") + "--b--\r\n");
  if (seen.failed) return "error: " + seen.error.message;
  return seen.parts.at(0).filename.value_or("(none)");
}

// Content that is full of what looks like a boundary.
const std::string kTricky = "\r\n--\r\n--a\r\n--\r\r\n\r\n-b\r\n--bc\r\n--b-\r\n--b x\r\n--b\rx\r\n";

TEST(Multipart, ReadsFieldsAndFiles) {
  const Seen seen = read(
      "preamble that nobody shows\r\n"
      "--b\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nann\r\n"
      "--b  \t\r\ncontent-type: image/png\r\nCONTENT-DISPOSITION: form-data; name=\"file\"; filename=\"4.png\"\r\n"
      "X-Other: 1\r\n\r\n\r\nbytes\r\n\r\n"
      "--b--\r\nepilogue");
  ASSERT_FALSE(seen.failed) << seen.error.message;
  ASSERT_EQ(seen.parts.size(), 2U);
  EXPECT_EQ(seen.parts[0].name, "user");
  EXPECT_FALSE(seen.parts[0].filename);
  EXPECT_EQ(seen.contents[0], "ann");
  EXPECT_EQ(seen.parts[1].name, "file");
  EXPECT_EQ(seen.parts[1].filename, "4.png");
  EXPECT_EQ(seen.parts[1].content_type, "image/png");
  EXPECT_EQ(seen.contents[1], "\r\nbytes\r\n");
}

TEST(Multipart, EveryWayToCutTheBodyGivesTheSameParts) {
  const std::string text = "--b\r\nX: y\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n" + kTricky + "\r\n" +
                           part("name=\"empty\"; filename=\"\"", "") + "--b \t\r\nContent-Disposition: form-data; " +
                           "name=nothing\r\n\r\n--b--\r\n";
  const Seen whole = read(text);
  ASSERT_FALSE(whole.failed) << whole.error.message;
  ASSERT_EQ(whole.contents, (std::vector<std::string>{kTricky, "", ""}));
  for (std::size_t first = 1; first < text.size(); ++first) {
    for (const std::size_t others : {std::size_t{1}, std::size_t{2}, std::size_t{3}, std::size_t{6}, text.size()}) {
      const Seen cut = read(text, first, others);
      ASSERT_FALSE(cut.failed) << first << " " << others << " " << cut.error.message;
      ASSERT_EQ(cut.contents, whole.contents) << first << " " << others;
    }
  }
}

TEST(Multipart, AFormCutAnywhereIsAnError) {
  const std::string text = part("name=\"a\"; filename=\"a.png\"", "content") + "--b--";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const Seen seen = read(text.substr(0, size), 7, 5);
    ASSERT_TRUE(seen.failed) << size;
    EXPECT_EQ(seen.error.code, ErrorCode::invalid_argument);
  }
  EXPECT_FALSE(read(text).failed);
}

TEST(Multipart, AFormWithoutPartsIsEmpty) {
  const Seen seen = read("--b--\r\n");
  EXPECT_FALSE(seen.failed);
  EXPECT_TRUE(seen.parts.empty());
}

TEST(Multipart, WhatIsLeftOfAPartIsSkipped) {
  PiecewiseBody body(part("name=\"long\"", std::string(10'000, 'x')) + part("name=\"next\"", "y") + "--b--", 100, 100);
  const auto skipping = [](Body& source) -> Task<std::string> {
    MultipartReader reader(source, "b", MultipartLimits{});
    auto first = co_await reader.next();
    auto piece = co_await reader.read();
    auto second = co_await reader.next();
    if (!first || !piece || piece->empty() || !second || !*second) co_return "error";
    co_return (*second)->name;
  };
  EXPECT_EQ(run(skipping(body)), "next");
}

TEST(MultipartFilename, AsBrowsersWriteIt) {
  EXPECT_EQ(filename("filename=\"4.png\""), "4.png");
  EXPECT_EQ(filename("filename=\"a%22b%0D%0Ac%0ad.png\""), "a\"b\r\nc\nd.png");
  EXPECT_EQ(filename("filename=\"100%25 %41.png\""), "100%25 %41.png");
  EXPECT_EQ(filename("filename=\"识别 结果.png\""), "识别 结果.png");
  EXPECT_EQ(filename("filename=\"C:\\temp\\new.png\""), "C:\\temp\\new.png");
  EXPECT_EQ(filename("filename=\"ends with \\\""), "ends with \\");
  EXPECT_EQ(filename("filename=\"a; b=c; filename=d.png\""), "a; b=c; filename=d.png");
  EXPECT_EQ(filename("filename=\"\""), "");
}

TEST(MultipartFilename, AsCurlWritesIt) {
  EXPECT_EQ(filename("filename=\"a\\\"b\\\\c.png\""), "a\"b\\c.png");
  EXPECT_EQ(filename("filename=\"\\\"\\\"; x=\\\"\""), "\"\"; x=\"");
}

TEST(MultipartFilename, AsLibrariesWriteIt) {
  EXPECT_EQ(filename("filename*=UTF-8''%E8%AF%86%20%22.png"), "识 \".png");
  EXPECT_EQ(filename("filename=\"plain.png\"; filename*=utf-8'en'%e8%af%86.png"), "识.png");
  EXPECT_EQ(filename("filename*=iso-8859-1''caf%e9.png"), "café.png");
  EXPECT_EQ(filename("filename=\"plain.png\"; filename*=utf-7''x"), "plain.png");
  EXPECT_EQ(filename("filename=\"plain.png\"; filename*=UTF-8''%zz"), "plain.png");
  EXPECT_EQ(filename("filename=token.png"), "token.png");
  EXPECT_EQ(filename("FileName = \"4.png\" ; x=y"), "4.png");
}

TEST(MultipartFilename, MayHoldAnything) {
  EXPECT_EQ(filename("filename=\"../../etc/passwd\""), "../../etc/passwd");
  EXPECT_EQ(filename("filename=\"a\0b.png\""sv), "a\0b.png"s);
  EXPECT_EQ(filename("filename=\"<script>alert(1)</script>\""), "<script>alert(1)</script>");
  const std::string long_name(10'000, 'n');
  EXPECT_EQ(filename("filename=\"" + long_name + "\""), long_name);
}

TEST(Multipart, RefusesMalformedParts) {
  for (const char* header :
       {"", "Content-Type: text/plain\r\n", "Content-Disposition: form-data\r\n",
        "Content-Disposition: attachment; name=\"a\"\r\n", "Content-Disposition: form-data; name=\"a\r\n",
        "Content-Disposition: form-data; name=\"a\"; name=\"b\"\r\n",
        "Content-Disposition: form-data; name=\"a\"; filename=\"b\"; filename=\"c\"\r\n",
        "Content-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"\r\n",
        "Content-Disposition form-data\r\n", "Content-Disposition: form-data; name\r\n",
        "Content-Disposition: form-data; name=\"a\" filename=\"b\"\r\n", ": x\r\n"}) {
    const Seen seen = read(fmt::format("--b\r\n{}\r\nx\r\n--b--\r\n", header));
    ASSERT_TRUE(seen.failed) << header;
    EXPECT_EQ(seen.error.code, ErrorCode::invalid_argument) << header;
  }
}

TEST(Multipart, JoinsFoldedHeaders) {
  const Seen seen =
      read("--b\r\nContent-Disposition: form-data;\r\n name=\"a\";\r\n\tfilename=\"b\"\r\n\r\nx\r\n--b--");
  ASSERT_FALSE(seen.failed) << seen.error.message;
  EXPECT_EQ(seen.parts.at(0).filename, "b");
}

ErrorCode limited(const std::string& text, MultipartLimits limits) {
  const Seen seen = read(text, 1000, 1000, limits);
  return seen.failed ? seen.error.code : ErrorCode::internal;
}

TEST(Multipart, KeepsToItsLimits) {
  std::string many;
  for (int i = 0; i < 4; ++i) many += part("name=\"a\"", "x");
  many += "--b--";
  EXPECT_EQ(limited(many, {.max_parts = 3}), ErrorCode::too_large);
  EXPECT_FALSE(read(many, 1000, 1000, {.max_parts = 4}).failed);

  const std::string long_header = "--b\r\nX: " + std::string(1U << 20U, 'x');
  EXPECT_EQ(limited(long_header, {}), ErrorCode::too_large);
  EXPECT_EQ(limited(part("name=\"a\"; x=\"" + std::string(90'000, 'x') + "\"", "x") + "--b--", {}),
            ErrorCode::too_large);
  EXPECT_EQ(limited(part("name=\"" + std::string(300, 'n') + "\"", "x") + "--b--", {}), ErrorCode::too_large);
  EXPECT_EQ(limited(part("name=\"a\"; filename=\"nnnn\"", "x") + "--b--", {.max_filename_bytes = 3}),
            ErrorCode::too_large);
  EXPECT_EQ(limited(part("name=\"a\"", std::string(2U << 20U, 'x')) + "--b--", {}), ErrorCode::too_large);
}

TEST(MultipartBoundary, IsReadFromTheContentType) {
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=----WebKitFormBoundaryX"), "----WebKitFormBoundaryX");
  EXPECT_EQ(multipart_boundary("Multipart/Form-Data ;charset=utf-8; Boundary=\"a b:c\""), "a b:c");
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=" + std::string(70, 'x')), std::string(70, 'x'));
}

TEST(MultipartBoundary, RefusesWhatIsNone) {
  for (const std::string& type :
       {std::string("multipart/form-data"), std::string("multipart/mixed; boundary=x"), std::string("text/plain"),
        std::string("multipart/form-data; boundary="), std::string("multipart/form-data; boundary=\"\""),
        std::string("multipart/form-data; boundary=\"x \""), "multipart/form-data; boundary=" + std::string(71, 'x'),
        std::string("multipart/form-data; boundary=a; boundary=b"),
        std::string("multipart/form-data; boundary=\"a\n\""), std::string("multipart/form-data; boundary=\"a"),
        std::string("")}) {
    EXPECT_FALSE(multipart_boundary(type)) << type;
  }
}

}  // namespace
}  // namespace vidi::http
