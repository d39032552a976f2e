#include "http/content_encoding.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <array>

#include "http/server_test_support.hpp"

namespace vidi::http {
namespace {

using namespace testing;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;

constexpr int kGzip = 15 + 16;
constexpr int kZlib = 15;
constexpr int kRaw = -15;

std::string deflated(std::string_view text, int window_bits) {
  z_stream stream{};
  deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY);
  std::string result(deflateBound(&stream, text.size()) + 32, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // NOLINT(*-const-cast)
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  ::deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

std::string gzip(std::string_view text) { return deflated(text, kGzip); }

std::string inflated(std::string_view packed, int window_bits) {
  z_stream stream{};
  inflateInit2(&stream, window_bits);
  std::string result(10U << 20U, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));  // NOLINT(*-const-cast)
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(result.data());
  stream.avail_out = static_cast<uInt>(result.size());
  const int status = ::inflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  inflateEnd(&stream);
  return status == Z_STREAM_END ? result : "damaged";
}

std::string varied(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i * i / 7 + i / 256) % 23);
  return text;
}

const std::string kIsGzip = "Content-Encoding: gzip\r\n";

TEST(PackedRequests, AreUnpackedHoweverTheyArrive) {
  RunningServer running;
  Client client(running.server());
  for (const std::size_t size : {0, 1, 1000, 65'536, 65'537, 3'000'000}) {
    const std::string text = varied(size);
    EXPECT_EQ(client.exchange(post("/echo", gzip(text), kIsGzip)).body, text) << size;
    EXPECT_EQ(client.exchange(post("/echo", gzip(text), "content-encoding: X-GZIP\r\n")).body, text) << size;
    EXPECT_EQ(client.exchange(post("/echo", deflated(text, kZlib), "Content-Encoding: deflate\r\n")).body, text)
        << size;
    std::string chunked = chunked_post("/echo", gzip(text), 7);
    chunked.insert(chunked.find("\r\n") + 2, kIsGzip);
    EXPECT_EQ(client.exchange(chunked).body, text) << size;
  }
  EXPECT_EQ(client.exchange(post("/echo", "plain", "Content-Encoding: identity\r\n")).body, "plain");
  EXPECT_EQ(client.exchange(post("/echo", "plain")).body, "plain");
}

TEST(PackedRequests, ArriveByteByByte) {
  RunningServer running;
  Client client(running.server());
  client.send_slowly(post("/echo", gzip("a small body"), kIsGzip) + post("/echo", "not packed"));
  EXPECT_EQ(client.answer().body, "a small body");
  EXPECT_EQ(client.answer().body, "not packed");
}

TEST(PackedRequests, MayHaveSeveralMembers) {
  RunningServer running;
  Client client(running.server());
  EXPECT_EQ(client.exchange(post("/echo", gzip("one ") + gzip("") + gzip("two"), kIsGzip)).body, "one two");
}

TEST(PackedRequests, FormsAreReadOutOfThem) {
  RunningServer running;
  Client client(running.server());
  const std::string form = "--xyz\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nann\r\n--xyz--\r\n";
  const std::string headers = kIsGzip + "Content-Type: multipart/form-data; boundary=xyz\r\n";
  EXPECT_EQ(client.exchange(post("/form", gzip(form), headers)).body, "user|-||ann\n");
}

TEST(PackedRequests, DamagedOnesAreRefused) {
  RunningServer running;
  const std::string whole = gzip(varied(100'000));
  std::string flipped = whole;
  flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 0x55);
  std::string wrong_sum = whole;
  wrong_sum[whole.size() - 6] = static_cast<char>(wrong_sum[whole.size() - 6] ^ 1);
  const std::string is_deflate = "Content-Encoding: deflate\r\n";
  for (const auto& [body, headers, message] : std::vector<std::array<std::string, 3>>{
           {whole.substr(0, whole.size() - 1), kIsGzip, "The body's gzip ends before its end."},
           {whole.substr(0, 5), kIsGzip, "ends before its end"},
           {flipped, kIsGzip, "The body's gzip is damaged."},
           {wrong_sum, kIsGzip, "The body's gzip is damaged."},
           {"this is not packed at all", kIsGzip, "The body's gzip is damaged."},
           {whole + "more", kIsGzip, "The body's gzip is damaged."},
           {deflated("x", kZlib) + "more", is_deflate, "The body's deflate goes on after its end."},
           {deflated("x", kRaw), is_deflate, "The body's deflate is damaged."},
           {gzip("x"), is_deflate, "The body's deflate is damaged."}}) {
    Client client(running.server());
    const Answer answer = client.exchange(post("/echo", body, headers));
    EXPECT_EQ(answer.status, 400) << message;
    EXPECT_THAT(answer.body, HasSubstr(message));
    EXPECT_EQ(client.exchange(get("/hello")).body, "hello") << "the packed body was there as a whole";
  }
}

TEST(PackedRequests, AnUnknownCodingIs415AndSaysWhichAreKnown) {
  RunningServer running;
  for (const char* coding : {"br", "zstd", "gzip, gzip", "gzip, identity", "compress", "x"}) {
    Client client(running.server());
    const Answer answer = client.exchange(post("/echo", "x", std::string("Content-Encoding: ") + coding + "\r\n"));
    EXPECT_EQ(answer.status, 415) << coding;
    EXPECT_EQ(answer.header("Accept-Encoding"), "gzip, deflate");
  }
  Client twice(running.server());
  EXPECT_EQ(twice.exchange(post("/echo", "x", kIsGzip + kIsGzip)).status, 415);
  Client none(running.server());
  EXPECT_EQ(none.exchange(get("/hello", "Content-Encoding: br\r\n")).status, 200) << "without a body";
}

TEST(PackedRequests, ABombIs413AfterTheLimit) {
  ServerOptions options;
  options.max_body_bytes = 100'000;
  RunningServer running(options);
  const std::string limit(100'000, '\0');
  Client fits(running.server());
  EXPECT_EQ(fits.exchange(post("/echo", gzip(limit), kIsGzip)).body, limit);
  Client over(running.server());
  EXPECT_EQ(over.exchange(post("/echo", gzip(limit + "x"), kIsGzip)).status, 413);
  // A gigabyte in a megabyte of a thousand members, of which the first is too much.
  std::string bomb;
  const std::string member = gzip(std::string(1U << 20U, '\0'));
  while (bomb.size() < 90'000) bomb += member;
  Client client(running.server());
  const Answer answer = client.exchange(post("/echo", bomb, kIsGzip));
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.body, "The body is longer than 100000 bytes when it is unpacked.");
}

TEST(PackedRequests, OnesThatNobodyReadsHarmNothing) {
  RunningServer running;
  Client client(running.server());
  EXPECT_EQ(client.exchange(post("/hello", gzip(varied(50'000)), kIsGzip)).body, "hello");
  EXPECT_EQ(client.exchange(post("/missing", gzip("x"), kIsGzip)).status, 404);
  EXPECT_EQ(client.exchange(post("/echo", "plain")).body, "plain");
  EXPECT_EQ(client.exchange(post("/throws", gzip("x"), kIsGzip)).status, 405);
  EXPECT_EQ(client.exchange(get("/throws", kIsGzip)).status, 500);
  EXPECT_EQ(client.exchange(post("/echo", gzip("packed"), kIsGzip)).body, "packed");
}

Response text_of(std::string body, std::string type = "application/json") {
  Response response;
  response.content_type = std::move(type);
  response.body = std::move(body);
  return response;
}

Response answer_for(const char* accept, Response response = text_of(varied(5000))) {
  pack(response, accept == nullptr ? std::nullopt : std::optional<std::string_view>(accept));
  return response;
}

TEST(PackedAnswers, AreWhatTheClientAsksFor) {
  for (const char* accept : {"gzip", "gzip, deflate, br", "*", "deflate;q=0.5, gzip", "identity;q=0.5, GZIP;q=0.6"}) {
    const Response answer = answer_for(accept);
    EXPECT_THAT(answer.headers, Contains(Pair("Content-Encoding", "gzip"))) << accept;
    EXPECT_THAT(answer.headers, Contains(Pair("Vary", "Accept-Encoding"))) << accept;
    EXPECT_EQ(inflated(answer.body, kGzip), varied(5000)) << accept;
    EXPECT_LT(answer.body.size(), 5000U);
  }
  for (const char* accept : {"deflate", "gzip;q=0, *", "gzip;q=0.5, deflate"}) {
    const Response answer = answer_for(accept);
    EXPECT_THAT(answer.headers, Contains(Pair("Content-Encoding", "deflate"))) << accept;
    EXPECT_EQ(inflated(answer.body, kZlib), varied(5000)) << accept;
  }
  for (const char* accept :
       {static_cast<const char*>(nullptr), "", "br", "identity", "gzip;q=0", "*;q=0", "gzip;q=0.1, identity;q=0.9"}) {
    const Response answer = answer_for(accept);
    EXPECT_THAT(answer.headers, Not(Contains(Pair("Content-Encoding", ::testing::_))))
        << (accept == nullptr ? "null" : accept);
    EXPECT_EQ(answer.body, varied(5000));
  }
}

TEST(PackedAnswers, AreOnlyThoseThatAreWorthIt) {
  EXPECT_TRUE(answer_for("gzip", text_of(varied(1023))).headers.empty()) << "short";
  EXPECT_TRUE(answer_for("gzip", text_of(varied(5000), "image/png")).headers.empty()) << "packed by its nature";
  EXPECT_EQ(answer_for("gzip", text_of(varied(5U << 20U))).body.size(), 5U << 20U) << "long";
  EXPECT_FALSE(answer_for("gzip", text_of(varied(1024), "text/html; charset=utf-8")).headers.empty());
  Response own = text_of(varied(5000));
  own.headers.emplace_back("content-encoding", "br");
  EXPECT_EQ(answer_for("gzip", own).body, varied(5000));
  std::string random(5000, '\0');
  std::uint32_t state = 1;
  for (char& c : random) c = static_cast<char>((state = state * 1664525 + 1013904223) >> 24U);
  const Response kept = answer_for("gzip", text_of(random, "application/octet-stream"));
  EXPECT_EQ(kept.body, random) << "it would be longer";
  EXPECT_THAT(kept.headers, Not(Contains(Pair("Content-Encoding", ::testing::_))));
}

TEST(PackedAnswers, GoOutWithTheirNewLength) {
  RunningServer running;
  Client client(running.server());
  const std::string accepts = "Accept-Encoding: gzip\r\n";
  for (int i = 0; i < 2; ++i) {
    const Answer answer = client.exchange(post("/echo", varied(100'000), accepts));
    EXPECT_EQ(answer.header("Content-Encoding"), "gzip");
    EXPECT_EQ(inflated(answer.body, kGzip), varied(100'000));
  }
  EXPECT_EQ(client.exchange(post("/echo", varied(100'000))).body, varied(100'000));
  EXPECT_EQ(client.exchange(get("/hello", accepts)).body, "hello");
  EXPECT_EQ(client.exchange(post("/echo", gzip(varied(5000)), kIsGzip + accepts)).header("Content-Encoding"), "gzip");
}

}  // namespace
}  // namespace vidi::http
