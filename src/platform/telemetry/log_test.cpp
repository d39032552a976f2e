#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "telemetry/escape.hpp"
#include "telemetry/log_lines.hpp"
#include "telemetry/log_writer.hpp"

namespace vidi::telemetry {
namespace {

std::string quoted(std::string_view text, std::size_t most = 1000) {
  std::string line;
  append_quoted(line, text, most);
  return line;
}

TEST(Quoted, LeavesPlainTextAndOtherAlphabets) {
  EXPECT_EQ(quoted("/predict"), "\"/predict\"");
  EXPECT_EQ(quoted("图片 é"), "\"图片 é\"");
}

TEST(Quoted, LetsNothingBreakOrDisguiseALine) {
  EXPECT_EQ(quoted("a\nb\r\t\x1b[31m\x7f"), R"("a\u000ab\u000d\u0009\u001b[31m\u007f")");
  EXPECT_EQ(quoted("\"\\"), R"("\"\\")");
  EXPECT_EQ(quoted("\xC2\x9B\xE2\x80\xA8\xE2\x80\xAE"), R"("\u009b\u2028\u202e")");
}

TEST(Quoted, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(quoted("\xFF"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(quoted("\xC0\xAF"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");  // overlong
  EXPECT_EQ(quoted("\xE5\x9B"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");  // cut off
}

TEST(Quoted, CutsWhatIsTooLongAtACharacter) {
  EXPECT_EQ(quoted("abcdef", 3), "\"abc...\"");
  EXPECT_EQ(quoted("abc", 3), "\"abc\"");
  EXPECT_EQ(quoted("a图b", 3), "\"a...\"");
}

RequestRecord hostile_record() {
  RequestRecord record;
  record.method = "GET";
  record.path = "/a\nlevel=info\"}";
  record.remote_address = "127.0.0.1";
  record.arrived = *parse_timestamp("2026-11-22T05:31:00.000123Z");
  record.status = 200;
  record.user = "eve\x1b[2J\"";
  record.model = "digits";
  record.end = record.begin + std::chrono::microseconds(1042);
  record.trace.trace = {.high = 1, .low = 2};
  record.trace.span = 3;
  record.bytes_in = 5;
  record.bytes_out = 7;
  return record;
}

TEST(RequestLine, IsOneJsonObjectWhateverTheClientSends) {
  std::string line;
  append_request(line, hostile_record(), LogFormat::json);
  ASSERT_EQ(line.find('\n'), line.size() - 1);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["time"], "2026-11-22T05:31:00.000123Z");
  EXPECT_EQ(json["level"], "info");
  EXPECT_EQ(json["message"], "request");
  EXPECT_EQ(json["path"], "/a\nlevel=info\"}");
  EXPECT_EQ(json["user"], "eve\x1b[2J\"");
  EXPECT_EQ(json["trace_id"], "00000000000000010000000000000002");
  EXPECT_EQ(json["latency_ms"], 1.042);
  EXPECT_EQ(json["bytes_in"], 5);
  EXPECT_FALSE(json.contains("id"));
  EXPECT_FALSE(json.contains("sent"));
}

TEST(RequestLine, IsOneLineOfText) {
  std::string line;
  append_request(line, hostile_record(), LogFormat::text);
  EXPECT_EQ(line,
            "2026-11-22T05:31:00.000123Z info request trace_id=00000000000000010000000000000002 "
            "span_id=0000000000000003 remote=127.0.0.1 method=\"GET\" path=\"/a\\u000alevel=info\\\"}\" protocol=vidi "
            "status=200 model=\"digits\" user=\"eve\\u001b[2J\\\"\" bytes_in=5 bytes_out=7 latency_ms=1.042\n");
}

TEST(RequestLine, SaysWhatWentWrong) {
  RequestRecord record = hostile_record();
  record.status = 503;
  record.error = ErrorCode::overloaded;
  record.sent = false;
  std::string line;
  append_request(line, record, LogFormat::json);
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["level"], "warning");
  EXPECT_EQ(json["error"], "overloaded");
  EXPECT_EQ(json["sent"], false);
}

TEST(Message, StaysOnItsLine) {
  std::string line;
  const Timestamp time = *parse_timestamp("2026-11-22T05:31:00.5Z");
  append_message(line, time, "info", "a \"b\" \\ c\nd", LogFormat::text);
  EXPECT_EQ(line, "2026-11-22T05:31:00.500000Z info a \"b\" \\ c\\u000ad\n");
  line.clear();
  append_message(line, time, "info", "a \"b\" \\ c\nd", LogFormat::json);
  EXPECT_EQ(nlohmann::json::parse(line)["message"], "a \"b\" \\ c\nd");
}

struct Pipe {
  Pipe() { EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  // What is read until so many bytes have come.
  [[nodiscard]] std::string read(std::size_t size) const {
    std::string text;
    std::array<char, 65536> part{};
    while (text.size() < size) {
      const ssize_t count = ::read(ends[0], part.data(), part.size());
      if (count <= 0) break;
      text.append(part.data(), static_cast<std::size_t>(count));
    }
    return text;
  }

  std::array<int, 2> ends{};
};

TEST(LogWriter, WritesEveryLineOfManyThreads) {
  const Pipe pipe;
  LogWriter writer(pipe.ends[1], 1U << 20U);
  std::string read;
  constexpr std::size_t kSize = 80'000;  // 8 threads, 1,000 lines each, 10 bytes a line
  std::thread reader([&] { read = pipe.read(kSize); });
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        for (int k = 0; k < 1000; ++k) EXPECT_TRUE(writer.write(std::string(9, static_cast<char>('a' + i)) + "\n"));
      });
    }
  }
  reader.join();
  EXPECT_EQ(read.size(), kSize);
  for (std::size_t i = 0; i < read.size(); i += 10) {
    EXPECT_EQ(read.substr(i, 10), std::string(9, read[i]) + "\n");
  }
  EXPECT_EQ(writer.dropped(), 0U);
}

TEST(LogWriter, DropsAndCountsWhenNobodyReadsAndWritesAgainAfterwards) {
  const Pipe pipe;
  LogWriter writer(pipe.ends[1], 4096);
  const std::string line = std::string(1023, 'x') + "\n";
  std::size_t taken = 0;
  // A pipe takes 64 KiB, the writer what it has in hand and 4 KiB more.
  for (int i = 0; i < 1000; ++i) {
    taken += writer.write(line) ? 1U : 0U;
    if (i % 50 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  EXPECT_GT(writer.dropped(), 0U);
  EXPECT_EQ(taken + writer.dropped(), 1000U);
  EXPECT_EQ(pipe.read(taken * line.size()).size(), taken * line.size());
  EXPECT_TRUE(writer.write("last\n"));
  EXPECT_EQ(pipe.read(5), "last\n");
}

TEST(LogWriter, EndsThoughNobodyReads) {
  const Pipe pipe;
  LogWriter writer(pipe.ends[1], 1U << 20U);
  EXPECT_TRUE(writer.write(std::string(200'000, 'x')));
}

TEST(LogWriter, EndsThoughThePipeIsBroken) {
  std::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  ::close(pipe.ends[0]);
  pipe.ends[0] = -1;
  LogWriter writer(pipe.ends[1], 1U << 20U);
  EXPECT_TRUE(writer.write("line\n"));
}

}  // namespace
}  // namespace vidi::telemetry
