#include "net/download.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>
#include <vector>

#include "net/loopback_server.hpp"

namespace vidi::net {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

using testing_support::LoopbackServer;

std::string ok(const std::string& body, const std::string& headers = "") {
  return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" + headers +
         "\r\n" + body;
}

std::string status(const std::string& line, const std::string& headers = "") {
  return "HTTP/1.1 " + line + "\r\nConnection: close\r\nContent-Length: 5\r\n" + headers + "\r\nsorry";
}

// "The quick brown fox jumps over the lazy dog" and its MD5, as RFC 1321's successors quote it.
const std::string kFox = "The quick brown fox jumps over the lazy dog";
constexpr const char* kFoxMd5 = "9e107d9d372bb6826bd81d3542a419d6";

// Answers from the byte that is asked for on.
std::string from_range(const std::string& request, const std::string& whole) {
  const std::size_t range = request.find("Range: bytes=");
  if (range == std::string::npos) return ok(whole);
  const auto first = std::stoul(request.substr(range + 13));
  if (first >= whole.size()) return status("416 Range Not Satisfiable");
  const std::string rest = whole.substr(first);
  return "HTTP/1.1 206 Partial Content\r\nConnection: close\r\nContent-Range: bytes " + std::to_string(first) + "-" +
         std::to_string(whole.size() - 1) + "/" + std::to_string(whole.size()) +
         "\r\nContent-Length: " + std::to_string(rest.size()) + "\r\n\r\n" + rest;
}

TEST(Download, BringsTheBytes) {
  const LoopbackServer server([](const std::string&) { return ok("picture"); });
  const auto bytes = download(server.url(), {});
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(as_text(*bytes), "picture");
}

TEST(Download, TakesABodyInPieces) {
  const LoopbackServer server([](const std::string&) {
    return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\npict\r\n3\r\nure\r\n0\r\n\r\n";
  });
  const auto bytes = download(server.url(), {});
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(as_text(*bytes), "picture");
}

TEST(Download, FollowsRedirectsButNotForEver) {
  const LoopbackServer server([](const std::string& request) {
    if (request.starts_with("GET /new?key=1 ")) return ok("picture");
    const std::string target = request.starts_with("GET /old ") ? "/new?key=1" : "/circle";
    return status("302 Found", "Location: " + target + "\r\n");
  });
  const auto bytes = download(server.url("/old"), {});
  ASSERT_TRUE(bytes) << bytes.error().message;
  EXPECT_EQ(as_text(*bytes), "picture");
  EXPECT_EQ(download(server.url("/circle"), {}).error().code, ErrorCode::invalid_argument);
  EXPECT_LT(server.requests().size(), 12U);
}

TEST(Download, NeverLeavesHttp) {
  const LoopbackServer server(
      [](const std::string&) { return status("302 Found", "Location: file:///etc/hostname\r\n"); });
  EXPECT_EQ(download(server.url(), {}).error().code, ErrorCode::invalid_argument);
  for (const char* url : {"file:///etc/hostname", "ftp://127.0.0.1/x", "no url at all", "http://", ""}) {
    EXPECT_EQ(download(url, {}).error().code, ErrorCode::invalid_argument) << url;
  }
}

TEST(Download, TellsAnswersApart) {
  std::string line;
  const LoopbackServer server([&](const std::string&) { return status(line, "Retry-After: 7\r\n"); });
  const auto error = [&](const std::string& answer) {
    line = answer;
    return download(server.url("/file?signature=secret"), {}).error();
  };
  EXPECT_EQ(error("404 Not Found").code, ErrorCode::not_found);
  EXPECT_EQ(error("410 Gone").code, ErrorCode::not_found);
  EXPECT_EQ(error("401 Unauthorized").code, ErrorCode::forbidden);
  EXPECT_EQ(error("403 Forbidden").code, ErrorCode::forbidden);
  EXPECT_EQ(error("429 Too Many Requests").code, ErrorCode::unavailable);
  EXPECT_EQ(error("503 Service Unavailable").code, ErrorCode::unavailable);
  EXPECT_EQ(error("503 Service Unavailable").retry_after.count(), 7);
  EXPECT_EQ(error("400 Bad Request").code, ErrorCode::invalid_argument);
  EXPECT_THAT(error("404 Not Found").message, HasSubstr("/file was answered with 404"));
  EXPECT_THAT(error("404 Not Found").message, Not(HasSubstr("secret")));
}

TEST(Download, SaysWhenNobodyAnswersOrTheAnswerIsCut) {
  std::string nobody;
  {
    const LoopbackServer server([](const std::string&) { return ""; });
    nobody = server.url();
    EXPECT_EQ(download(server.url(), {}).error().code, ErrorCode::unavailable);
  }
  EXPECT_EQ(download(nobody, {}).error().code, ErrorCode::unavailable);
  const LoopbackServer cut(
      [](const std::string&) { return "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"; });
  EXPECT_EQ(download(cut.url(), {}).error().code, ErrorCode::unavailable);
  const LoopbackServer odd([](const std::string&) { return "SSH-2.0-OpenSSH_9.2\r\n\r\n"; });
  EXPECT_FALSE(download(odd.url(), {}));
}

TEST(Download, EndsInTime) {
  std::atomic<bool> done = false;
  const LoopbackServer server([&](const std::string&) {
    while (!done) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    return ok("late");
  });
  const auto late = download(server.url(), {.timeout = std::chrono::milliseconds(100)});
  done = true;
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, ErrorCode::deadline_exceeded);
}

TEST(Download, StopsAtTheLimit) {
  const LoopbackServer said([](const std::string&) { return ok(std::string(1000, 'x')); });
  EXPECT_TRUE(download(said.url(), {.max_bytes = 1000}));
  EXPECT_EQ(download(said.url(), {.max_bytes = 999}).error().code, ErrorCode::too_large);
  // Without a length it shows only while it comes.
  const LoopbackServer unsaid([](const std::string&) { return "HTTP/1.0 200 OK\r\n\r\n" + std::string(1000, 'x'); });
  EXPECT_TRUE(download(unsaid.url(), {.max_bytes = 1000}));
  EXPECT_EQ(download(unsaid.url(), {.max_bytes = 999}).error().code, ErrorCode::too_large);
}

class DownloadFile : public testing::Test {
 protected:
  DownloadFile() { fs::remove_all(folder_); }
  ~DownloadFile() override { fs::remove_all(folder_); }
  DownloadFile(const DownloadFile&) = delete;
  DownloadFile& operator=(const DownloadFile&) = delete;
  DownloadFile(DownloadFile&&) = delete;
  DownloadFile& operator=(DownloadFile&&) = delete;

  [[nodiscard]] FileRequest request(const LoopbackServer& server) const {
    FileRequest request;
    request.url = server.url();
    request.path = folder_ / "cache" / "fox";
    request.md5 = kFoxMd5;
    return request;
  }
  static std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void leave(const std::string& name, const std::string& text) const {
    fs::create_directories(folder_ / "cache");
    std::ofstream(folder_ / "cache" / name, std::ios::binary) << text;
  }

  const fs::path folder_ = testing::TempDir() + "download";
};

TEST_F(DownloadFile, BringsItOnceAndChecksItEveryTime) {
  const LoopbackServer server([](const std::string& asked) { return from_range(asked, kFox); });
  std::uint64_t last = 0;
  FileRequest wanted = request(server);
  wanted.progress = [&](std::uint64_t there, std::uint64_t) { last = there; };
  const auto first = download_file(wanted);
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(read(wanted.path), kFox);
  EXPECT_EQ(last, kFox.size());
  EXPECT_FALSE(fs::exists(wanted.path.string() + ".part"));
  EXPECT_TRUE(download_file(wanted));
  EXPECT_THAT(server.requests(), ElementsAre("GET /file"));
  leave("fox", "The quick brown cat");
  EXPECT_TRUE(download_file(wanted));
  EXPECT_EQ(read(wanted.path), kFox);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(DownloadFile, GoesOnWithWhatIsThere) {
  const LoopbackServer server([](const std::string& asked) { return from_range(asked, kFox); });
  leave("fox.part", kFox.substr(0, 10));
  ASSERT_TRUE(download_file(request(server)));
  EXPECT_EQ(read(request(server).path), kFox);
  EXPECT_THAT(server.requests(), ElementsAre("GET /file bytes=10-"));
}

TEST_F(DownloadFile, AsksForNothingWhenThePartIsWhole) {
  const LoopbackServer server([](const std::string&) { return status("500 Never"); });
  leave("fox.part", kFox);
  EXPECT_TRUE(download_file(request(server)));
  EXPECT_EQ(read(request(server).path), kFox);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(DownloadFile, GoesOnWhenTheConnectionBreaks) {
  int count = 0;
  const LoopbackServer server([&](const std::string& asked) {
    std::string answer = from_range(asked, kFox);
    if (++count < 3) answer.resize(answer.size() - 15);
    return answer;
  });
  const auto done = download_file(request(server));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read(request(server).path), kFox);
  EXPECT_EQ(server.requests().size(), 3U);
  EXPECT_THAT(server.requests().back(), HasSubstr("bytes="));
}

TEST_F(DownloadFile, BeginsAgainWhenItCannotGoOn) {
  // A server that knows no ranges.
  const LoopbackServer server([](const std::string&) { return ok(kFox); });
  leave("fox.part", kFox.substr(0, 10));
  const auto done = download_file(request(server));
  ASSERT_TRUE(done) << done.error().message;
  EXPECT_EQ(read(request(server).path), kFox);
}

TEST_F(DownloadFile, ThrowsAwayAPartOfAnotherFile) {
  const LoopbackServer server([](const std::string& asked) { return from_range(asked, kFox); });
  for (const std::string& other : {std::string("The quick brown cat"), std::string(100, 'x')}) {
    fs::remove_all(folder_);
    leave("fox.part", other);
    const auto done = download_file(request(server));
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(read(request(server).path), kFox);
  }
}

TEST_F(DownloadFile, NeverGivesAFileThatIsAnother) {
  const LoopbackServer server([](const std::string&) { return ok("The quick brown cat"); });
  const auto done = download_file(request(server));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, ErrorCode::undecodable);
  EXPECT_THAT(done.error().message, HasSubstr(std::string("and not ") + kFoxMd5));
  EXPECT_FALSE(fs::exists(request(server).path));
}

TEST_F(DownloadFile, GivesUpAfterSomeTries) {
  const LoopbackServer server([](const std::string&) { return status("503 Service Unavailable"); });
  FileRequest wanted = request(server);
  EXPECT_EQ(download_file(wanted).error().code, ErrorCode::unavailable);
  EXPECT_EQ(server.requests().size(), 3U);
  const LoopbackServer missing([](const std::string&) { return status("404 Not Found"); });
  EXPECT_EQ(download_file(request(missing)).error().code, ErrorCode::not_found);
  EXPECT_EQ(missing.requests().size(), 1U);
}

TEST_F(DownloadFile, SeveralAtATimeBringItOnce) {
  const LoopbackServer server([](const std::string& asked) { return from_range(asked, kFox); });
  const FileRequest wanted = request(server);
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { good += download_file(wanted) ? 1 : 0; });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, 8);
  EXPECT_EQ(server.requests().size(), 1U);
  EXPECT_EQ(read(wanted.path), kFox);
}

}  // namespace
}  // namespace vidi::net
