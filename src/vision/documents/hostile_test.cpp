// PDFs that are damaged or made to do harm, and renderers that a PDF has taken over. None may crash or stop the server,
// or take more of it than the limits say.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <zlib.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "documents/make_pdf.hpp"
#include "documents/page_stream.hpp"
#include "documents/pdf.hpp"
#include "documents/pdfium/sandbox.hpp"

namespace vidi::documents {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using std::chrono::steady_clock;
using testing::HasSubstr;

PdfOptions limited() { return {.renderer = VIDI_PDF_PROGRAM, .max_time = 10s}; }

// The number of pages rendered, or the first error.
Result<int> count_pages(ByteView file, const PdfOptions& with = limited()) {
  auto pages = PdfPages::open(file, with);
  if (!pages) return forward_error(pages);
  for (int count = 0;; ++count) {
    const auto page = pages->next();
    if (!page) {
      EXPECT_EQ(*pages->next(), std::nullopt) << "after an error";
      return forward_error(page);
    }
    if (!*page) return count;
  }
}

void expect_error(const Result<int>& rendered, ErrorCode code, const std::string& named) {
  ASSERT_FALSE(rendered) << named;
  EXPECT_EQ(rendered.error().code, code) << rendered.error().message;
  EXPECT_THAT(rendered.error().message, HasSubstr(named));
}

bool has_children() { return waitpid(-1, nullptr, WNOHANG) >= 0 || errno != ECHILD; }

std::string deflated(const std::string& data) {
  uLongf size = compressBound(data.size());
  std::string out(size, '\0');
  compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(data.data()), data.size());
  return out.substr(0, size);
}

Bytes sample() { return make_pdf(std::vector<PdfPage>(3, {.content = "BT /F1 40 Tf 20 20 Td (407) Tj ET"})); }

TEST(DamagedPdf, CutAnywhereIsRefusedOrReadAsFarAsItGoes) {
  const Bytes file = sample();
  for (std::size_t size = 0; size < file.size(); size += 37) {
    const auto rendered = count_pages(ByteView(file).first(size));
    if (rendered) {
      EXPECT_LE(*rendered, 3) << size;
      continue;
    }
    EXPECT_EQ(rendered.error().code, ErrorCode::undecodable) << size << ": " << rendered.error().message;
  }
  EXPECT_FALSE(has_children());
}

TEST(DamagedPdf, ThatIsNoneIsSaidToBeDamaged) {
  for (const char* text : {"", "%PDF-1.7", "%PDF-1.7\n%%EOF", "hello", "%PDF-1.7\ntrailer << /Root 1 0 R >>"}) {
    expect_error(count_pages(as_bytes(text)), ErrorCode::undecodable, "The PDF is damaged: it cannot be opened.");
  }
}

TEST(DamagedPdf, NeverTakesTheServerDown) {
  const Bytes file = sample();
  std::mt19937 random(1);
  int read = 0;
  for (int round = 0; round < 150; ++round) {
    Bytes damaged = file;
    for (int i = 0; i < 10; ++i) damaged[random() % damaged.size()] = static_cast<std::byte>(random());
    const auto rendered = count_pages(damaged);
    read += rendered ? 1 : 0;
    EXPECT_TRUE(rendered || !rendered.error().message.empty());
  }
  EXPECT_GT(read, 0);
  EXPECT_FALSE(has_children());
}

TEST(DamagedPdf, WithoutPagesOrWithAMissingOneSaysSo) {
  PdfWriter empty;
  empty.add("<< /Type /Pages /Kids [] /Count 0 >>");
  expect_error(count_pages(empty.finish(empty.add("<< /Type /Catalog /Pages 1 0 R >>"))), ErrorCode::undecodable,
               "The PDF");
  PdfWriter missing;
  missing.add("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 72 72] >>");
  missing.add("<< /Type /Pages /Kids [1 0 R 99 0 R] /Count 2 >>");
  expect_error(count_pages(missing.finish(missing.add("<< /Type /Catalog /Pages 2 0 R >>"))), ErrorCode::undecodable,
               "Page 2 of the PDF is damaged.");
}

TEST(HostilePdf, OfDeepNestingEnds) {
  const std::string brackets(200'000, '[');
  const std::string dictionaries = [] {
    std::string text;
    for (int i = 0; i < 100'000; ++i) text += "<</A ";
    return text;
  }();
  const std::string parentheses(200'000, '(');
  for (const std::string& nest : {brackets, dictionaries, parentheses}) {
    const auto in_content = count_pages(make_pdf({{.content = nest}}));
    EXPECT_TRUE(in_content || in_content.error().code == ErrorCode::undecodable) << in_content.error().message;
    const auto in_page = count_pages(make_pdf({{.entries = "/Extra " + nest}}));
    EXPECT_TRUE(in_page || in_page.error().code == ErrorCode::undecodable) << in_page.error().message;
  }
  std::string saves;
  for (int i = 0; i < 200'000; ++i) saves += "q ";
  EXPECT_TRUE(count_pages(make_pdf({{.content = saves}})));
}

TEST(HostilePdf, ThatContainsItselfEnds) {
  const std::string form =
      pdf_stream("/X1 Do", "/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources << /XObject << /X1 1 0 R >> >>");
  EXPECT_TRUE(count_pages(make_pdf({{.content = "/X1 Do", .resources = "/XObject << /X1 1 0 R >>"}}, {form})));
  PdfWriter tree;
  tree.add("<< /Type /Pages /Kids [1 0 R 1 0 R] /Count 40 /Parent 1 0 R >>");
  const auto rendered = count_pages(tree.finish(tree.add("<< /Type /Catalog /Pages 1 0 R >>")));
  EXPECT_FALSE(rendered);
}

// Form i draws form i - 1 thirty times: 30^8 drawings from a few kilobytes.
Bytes endless() {
  std::vector<std::string> forms{pdf_stream("0 0 9 9 re f", "/Type /XObject /Subtype /Form /BBox [0 0 72 144]")};
  std::string thirty;
  for (int i = 0; i < 30; ++i) thirty += "/X Do ";
  for (int i = 1; i <= 8; ++i) {
    forms.push_back(pdf_stream(thirty, fmt::format("/Type /XObject /Subtype /Form /BBox [0 0 72 144] /Resources << "
                                                   "/XObject << /X {} 0 R >> >>",
                                                   i)));
  }
  return make_pdf({{}, {.content = "/X Do", .resources = "/XObject << /X 9 0 R >>"}}, forms);
}

TEST(HostilePdf, ThatNeverEndsIsKilledInTime) {
  PdfOptions quick = limited();
  quick.max_time = 700ms;
  const auto started = steady_clock::now();
  expect_error(count_pages(endless(), quick), ErrorCode::too_large,
               "longer than the 0.7 s allowed (setting pdf-timeout): it stopped at page 2 of the PDF");
  EXPECT_LT(steady_clock::now() - started, 3s);
  EXPECT_FALSE(has_children());
}

TEST(HostilePdf, TheCallersOwnTimeDoesNotCount) {
  PdfOptions quick = limited();
  quick.max_time = 1500ms;
  auto pages = PdfPages::open(sample(), quick);
  ASSERT_TRUE(pages) << pages.error().message;
  std::this_thread::sleep_for(2s);
  for (int i = 0; i < 3; ++i) {
    const auto page = pages->next();
    ASSERT_TRUE(page) << page.error().message;
  }
}

TEST(HostilePdf, ThatIsGivenUpIsKilledAtOnce) {
  const auto started = steady_clock::now();
  {
    auto pages = PdfPages::open(endless(), limited());
    ASSERT_TRUE(pages) << pages.error().message;
    EXPECT_TRUE(pages->next());
  }
  EXPECT_LT(steady_clock::now() - started, 3s);
  EXPECT_FALSE(has_children());
}

TEST(HostilePdf, ThatNeedsTooMuchMemoryIsRefused) {
  if (kSanitized) GTEST_SKIP() << "sanitizers need more address space than any limit";
  // 100 MiB of blanks in 100 KiB.
  PdfWriter writer;
  writer.add_stream(deflated(std::string(100U << 20U, ' ')), "/Filter /FlateDecode");
  writer.add("<< /Type /Page /Parent 3 0 R /MediaBox [0 0 72 72] /Contents 1 0 R >>");
  writer.add("<< /Type /Pages /Kids [2 0 R] /Count 1 >>");
  const Bytes file = writer.finish(writer.add("<< /Type /Catalog /Pages 3 0 R >>"));
  EXPECT_EQ(count_pages(file), 1);
  PdfOptions small = limited();
  small.max_memory = 64U << 20U;
  expect_error(count_pages(file, small), ErrorCode::undecodable,
               "needs more than the 67108864 bytes of memory allowed (setting pdf-max-memory)");
}

TEST(HostilePdf, FindsItsRendererLocked) {
  auto pages = PdfPages::open(endless(), limited());
  ASSERT_TRUE(pages) << pages.error().message;
  const auto first = pages->next();
  ASSERT_TRUE(first) << first.error().message;
  std::ifstream children(fmt::format("/proc/self/task/{}/children", gettid()));
  int process = 0;
  ASSERT_TRUE(children >> process);
  std::stringstream status;
  status << std::ifstream(fmt::format("/proc/{}/status", process)).rdbuf();
  EXPECT_THAT(status.str(), HasSubstr("Seccomp:\t2\n"));
  EXPECT_THAT(status.str(), HasSubstr("NoNewPrivs:\t1\n"));
  EXPECT_THAT(status.str(), testing::ContainsRegex("Threads:\t1\n"));
  std::stringstream limits;
  limits << std::ifstream(fmt::format("/proc/{}/limits", process)).rdbuf();
  EXPECT_THAT(limits.str(), testing::ContainsRegex("Max open files +3 +3"));
  EXPECT_THAT(limits.str(), testing::ContainsRegex("Max core file size +0 +0"));
  std::size_t open_files = 0;
  for (const auto& entry : fs::directory_iterator(fmt::format("/proc/{}/fd", process))) {
    (void)entry;
    ++open_files;
  }
  EXPECT_EQ(open_files, 3U);
  std::ifstream variables(fmt::format("/proc/{}/environ", process));
  EXPECT_EQ(variables.peek(), std::char_traits<char>::eof());
}

// A renderer that a PDF has taken over: a script in its place, which writes what it likes.
class TakenOver : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  Result<int> render(const std::vector<Record>& records, std::size_t pixel_bytes, const std::string& then = "") {
    {
      std::ofstream output(folder_ / "output", std::ios::binary);
      for (const Record& record : records) {
        output.write(reinterpret_cast<const char*>(&record), sizeof record);
        if (record.kind == RecordKind::page) output << std::string(pixel_bytes, '\0');
      }
    }
    const fs::path script = folder_ / "renderer";
    std::ofstream(script) << "#!/bin/sh\ncat '" << (folder_ / "output").string() << "'\n" << then << "\n";
    fs::permissions(script, fs::perms::owner_all);
    PdfOptions with = limited();
    with.renderer = script;
    with.max_time = 700ms;
    with.max_pixels = 1000;
    return count_pages(as_bytes("%PDF"), with);
  }

  const fs::path folder_ = fs::path(testing::TempDir()) / "taken-over";
};

constexpr Record kOnePage{.kind = RecordKind::document, .first = 1};
constexpr Record kPage{.kind = RecordKind::page, .first = 10, .second = 10};
constexpr Record kEnd{.kind = RecordKind::end};

TEST_F(TakenOver, ButBehavingIsRead) { EXPECT_EQ(render({kOnePage, kPage, kEnd}, 300), 1); }

TEST_F(TakenOver, CannotMakeAPageOfAnySize) {
  for (const auto& [width, height] : std::vector<std::pair<std::uint32_t, std::uint32_t>>{
           {0, 10}, {10, 0}, {0xFFFFFFFF, 0xFFFFFFFF}, {0x10000, 0x10000}, {0x80000000, 2}, {1001, 1}}) {
    const Record page{.kind = RecordKind::page, .first = width, .second = height};
    expect_error(render({kOnePage, page, kEnd}, 300), ErrorCode::undecodable, "confuses the renderer");
  }
}

TEST_F(TakenOver, CannotMakeMoreOrFewerPagesThanItSaid) {
  expect_error(render({kOnePage, kPage, kPage, kEnd}, 300), ErrorCode::undecodable, "confuses");
  expect_error(render({kOnePage, kEnd}, 300), ErrorCode::undecodable, "confuses");
  expect_error(render({{.kind = RecordKind::document, .first = 0}, kEnd}, 300), ErrorCode::undecodable, "confuses");
  expect_error(render({{.kind = RecordKind::document, .first = 51}, kEnd}, 300), ErrorCode::undecodable, "confuses");
  expect_error(render({kPage, kEnd}, 300), ErrorCode::undecodable, "confuses");
  expect_error(render({{.kind = static_cast<RecordKind>(77)}}, 300), ErrorCode::undecodable, "confuses");
}

TEST_F(TakenOver, CannotPassHalfAPageForAWholeOne) {
  expect_error(render({kOnePage, kPage}, 299), ErrorCode::undecodable, "Rendering page 1 of the PDF failed");
  expect_error(render({kOnePage, kPage}, 300), ErrorCode::undecodable, "Rendering page 1 of the PDF failed");
  expect_error(render({}, 0), ErrorCode::undecodable, "Rendering the PDF failed");
}

TEST_F(TakenOver, CannotMakeUpMessages) {
  expect_error(render({{.kind = RecordKind::failure, .first = 999, .second = 5}}, 0), ErrorCode::undecodable,
               "Rendering the PDF failed.");
}

TEST_F(TakenOver, CannotHoldTheServerUp) {
  const auto started = steady_clock::now();
  expect_error(render({kOnePage}, 0, "exec sleep 60"), ErrorCode::too_large, "longer than the 0.7 s");
  // A byte now and then.
  expect_error(render({kOnePage, kPage}, 0, "while :; do printf x; sleep 0.05; done"), ErrorCode::too_large,
               "longer than the 0.7 s");
  EXPECT_LT(steady_clock::now() - started, 5s);
  EXPECT_FALSE(has_children());
}

TEST_F(TakenOver, CannotFloodTheServer) {
  expect_error(render({kOnePage, kPage}, 300, "exec cat /dev/zero"), ErrorCode::undecodable, "confuses");
  EXPECT_FALSE(has_children());
}

}  // namespace
}  // namespace vidi::documents
