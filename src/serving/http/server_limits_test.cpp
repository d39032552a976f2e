// Malformed requests, limits, deadlines and stopping.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "http/server.hpp"
#include "http/server_test_support.hpp"

namespace vidi::http {
namespace {

using namespace std::string_literals;
using namespace testing;

struct Malformed {
  std::string request;
  int status;
};

std::vector<Malformed> malformed_requests() {
  const std::string host = "Host: x\r\n";
  const std::string post_head = "POST /echo HTTP/1.1\r\n" + host;
  return {
      {"GET /hello HTTP/1.1\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: user@x/\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\nHost: x\n\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: x\r\nA: b\nC: d\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: x\r\nA: b\rC: d\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\n" + host + "A:\r\n c\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\n" + host + "A: \r\n\t\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\n Host: x\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\n" + host + "A : b\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\n" + host + ": b\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\n" + host + "no colon\r\n\r\n", 400},
      {"GET /hello HTTP/1.1\r\nHost: x\r\nA: b\0c\r\n\r\n"s, 400},
      {"GET /he\0llo HTTP/1.1\r\nHost: x\r\n\r\n"s, 400},
      {get("/hel%00lo"), 400},
      {get("/hello%"), 400},
      {get("/hello%zz"), 400},
      {get("/hello#fragment"), 400},
      {get("hello"), 400},
      {get("*"), 400},
      {"GET  /hello HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET /hello\r\n" + host + "\r\n", 400},
      {"G@T /hello HTTP/1.1\r\n" + host + "\r\n", 400},
      {"CONNECT x:80 HTTP/1.1\r\n" + host + "\r\n", 400},
      {"GET /hello HTTP/2.0\r\n" + host + "\r\n", 505},
      {"GET /hello HTTP/0.9\r\n" + host + "\r\n", 505},
      {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"GET /hello HTTQ/1.1\r\n" + host + "\r\n", 400},
      {post_head + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post_head + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
      {post_head + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400},
      {post_head + "Content-Length: 5, 6\r\n\r\nhello", 400},
      {post_head + "Content-Length: -5\r\n\r\nhello", 400},
      {post_head + "Content-Length: +5\r\n\r\nhello", 400},
      {post_head + "Content-Length: 0x5\r\n\r\nhello", 400},
      {post_head + "Content-Length: 99999999999999999999999\r\n\r\nhello", 400},
      {post_head + "Content-Length:\r\n\r\nhello", 400},
      {post_head + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {post_head + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {post_head + "Transfer-Encoding: identity\r\n\r\n", 501},
      {post_head + "Transfer-Encoding: xchunked\r\n\r\n", 501},
      {post_head + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {post_head + "Content-Length: 5\r\nExpect: a-miracle\r\n\r\n", 417},
  };
}

TEST(ServerLimits, MalformedRequestsAreRefusedAndTheConnectionCloses) {
  RunningServer running;
  for (const Malformed& malformed : malformed_requests()) {
    Client client(running.server());
    const Answer answer = client.exchange(malformed.request);
    EXPECT_EQ(answer.status, malformed.status) << malformed.request << answer.body;
    EXPECT_EQ(answer.header("Connection"), "close") << malformed.request;
    client.finish_sending();
    EXPECT_TRUE(client.sees_end()) << malformed.request;
  }
}

TEST(ServerLimits, MalformedChunksAreRefused) {
  RunningServer running;
  for (const char* chunks :
       {"x\r\nhello\r\n", "5\r\nhelloX0\r\n\r\n", "5 5\r\nhello\r\n0\r\n\r\n", "-5\r\nhello\r\n",
        "5\nhello\r\n0\r\n\r\n", "\r\n", "fffffffffffffffffff\r\n", "0x5\r\nhello\r\n", "0\r\nContent-Length: 9\r\n"}) {
    Client client(running.server());
    const Answer answer = client.exchange(
        fmt::format("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\n\r\n", chunks));
    EXPECT_EQ(answer.status, 400) << chunks;
    EXPECT_EQ(answer.header("Connection"), "close") << chunks;
  }
}

TEST(ServerLimits, EqualContentLengthsAndLeadingEmptyLinesAreFine) {
  RunningServer running;
  Client client(running.server());
  const std::string twice = "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello";
  EXPECT_EQ(client.exchange(twice).body, "hello");
  EXPECT_EQ(client.exchange("\r\n\r\n" + get("/hello")).body, "hello");
  client.send_slowly("\r\n" + get("/hello"));
  EXPECT_EQ(client.answer().body, "hello");
}

TEST(ServerLimits, TooManyHeadersAre431) {
  RunningServer running;
  Client client(running.server());
  std::string request = "GET /hello HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 100'000; ++i) request += fmt::format("X-{}: y\r\n", i);
  std::thread sender([&] { client.send(request + "\r\n"); });
  EXPECT_EQ(client.answer().status, 431);
  sender.join();
  Client many_short(running.server());
  std::string short_ones = "GET /hello HTTP/1.1\r\nHost: x\r\n";
  for (int i = 0; i < 300; ++i) short_ones += "a:b\r\n";
  EXPECT_EQ(many_short.exchange(short_ones + "\r\n").status, 431);
}

TEST(ServerLimits, ALongTargetIs414) {
  RunningServer running;
  Client client(running.server());
  EXPECT_EQ(client.exchange(get("/" + filled(40'000))).status, 414);
  Client fits(running.server());
  EXPECT_EQ(fits.exchange(get("/" + filled(15'000))).status, 404);
}

TEST(ServerLimits, ALongBodyIs413BeforeItIsRead) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  RunningServer running(options);
  Client expecting(running.server());
  const Answer answer =
      expecting.exchange("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(answer.status, 413);
  EXPECT_EQ(answer.header("Connection"), "close");
  Client fits(running.server());
  EXPECT_EQ(fits.exchange(post("/echo", filled(1000))).status, 200);
  EXPECT_EQ(fits.exchange(chunked_post("/echo", filled(1000), 6)).status, 200);
}

TEST(ServerLimits, AClientThatSendsAllTheSameStillSees413) {
  ServerOptions options;
  options.max_body_bytes = 1000;
  RunningServer running(options);
  for (int i = 0; i < 10; ++i) {
    Client client(running.server());
    EXPECT_TRUE(client.send(post("/echo", filled(20'000'000))));
    EXPECT_EQ(client.answer().status, 413);
  }
}

TEST(ServerLimits, AnEndlessChunkedBodyIs413) {
  ServerOptions options;
  options.max_body_bytes = 100'000;
  RunningServer running(options);
  for (const std::size_t chunk : {6, 1000, 90'000}) {
    Client client(running.server());
    std::string endless = chunked_post("/echo", filled(200'000), chunk);
    endless.resize(endless.size() - 5);
    EXPECT_TRUE(client.send(endless));
    EXPECT_EQ(client.answer().status, 413) << chunk;
  }
  Client endless_line(running.server());
  endless_line.send("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5;" + filled(200'000));
  EXPECT_EQ(endless_line.answer().status, 413);
}

TEST(ServerLimits, AClientThatGoesInTheMiddleHarmsNobody) {
  RunningServer running;
  for (int i = 0; i < 20; ++i) {
    Client client(running.server());
    client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this");
    if (i % 2 == 0) client.reset();
  }
  Client half(running.server());
  half.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nonly this");
  half.finish_sending();
  EXPECT_EQ(half.answer().status, 400);
  Client head(running.server());
  head.send("GET /hello HTT");
  head.finish_sending();
  EXPECT_EQ(head.answer().status, 400);
  Client gone(running.server());
  gone.send(get("/big"));
  gone.reset();
  Client other(running.server());
  EXPECT_EQ(other.exchange(get("/hello")).status, 200);
}

ServerOptions short_times() {
  ServerOptions options;
  options.header_timeout = 100ms;
  options.body_timeout = 150ms;
  options.idle_timeout = 200ms;
  options.write_timeout = 100ms;
  return options;
}

TEST(ServerDeadlines, ASlowHeadIs408) {
  RunningServer running(short_times());
  Client client(running.server());
  const auto start = std::chrono::steady_clock::now();
  for (const char byte : get("/hello")) {
    if (!client.hears_nothing()) break;
    client.send(std::string_view(&byte, 1));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
  Client silent(running.server());
  silent.send("GET /hello HTTP/1.1\r\n");
  EXPECT_EQ(silent.answer().status, 408);
  EXPECT_TRUE(silent.sees_end());
}

TEST(ServerDeadlines, ASlowBodyIs408) {
  RunningServer running(short_times());
  Client client(running.server());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 100 && client.hears_nothing(); ++i) client.send("x");
  EXPECT_LT(std::chrono::steady_clock::now() - start, 1s);
  Client silent(running.server());
  silent.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx");
  const Answer answer = silent.answer();
  EXPECT_EQ(answer.status, 408);
  EXPECT_EQ(answer.header("Connection"), "close");
}

TEST(ServerDeadlines, AnIdleConnectionIsClosedSilently) {
  RunningServer running(short_times());
  Client never(running.server());
  Client once(running.server());
  EXPECT_EQ(once.exchange(get("/hello")).status, 200);
  EXPECT_TRUE(never.sees_end(1s));
  EXPECT_TRUE(once.sees_end(1s));
}

TEST(ServerDeadlines, AClientThatDoesNotReadIsCutOff) {
  RunningServer running(short_times());
  Client client(running.server());
  for (int i = 0; i < 10; ++i) client.send(get("/big"));
  std::this_thread::sleep_for(400ms);
  // No connection is left that would have to be waited for.
  EXPECT_LT(running.stop_and_join(), 1s);
}

TEST(ServerDeadlines, TimeSpentInAHandlerDoesNotCount) {
  RunningServer running(short_times());
  Client client(running.server());
  client.send(get("/gate"));
  ASSERT_TRUE(running.gate().wait_for_waiting(1));
  std::this_thread::sleep_for(400ms);
  running.gate().open();
  EXPECT_EQ(client.answer().body, "through");
  EXPECT_EQ(client.exchange(get("/hello")).status, 200);
}

TEST(ServerLimits, TooManyConnectionsAreTold) {
  ServerOptions options;
  options.max_connections = 3;
  RunningServer running(options);
  auto first = std::make_unique<Client>(running.server());
  Client second(running.server());
  Client third(running.server());
  for (Client* client : {first.get(), &second, &third}) EXPECT_EQ(client->exchange(get("/hello")).status, 200);
  for (int i = 0; i < 200; ++i) {
    Client extra(running.server());
    const Answer answer = extra.exchange(get("/hello"));
    ASSERT_EQ(answer.status, 503) << i;
    EXPECT_TRUE(answer.header("Retry-After"));
    EXPECT_TRUE(extra.sees_end());
  }
  first.reset();
  int status = 503;
  for (int i = 0; i < 500 && status == 503; ++i) {
    std::this_thread::sleep_for(1ms);
    Client next(running.server());
    status = next.exchange(get("/hello")).status;
  }
  EXPECT_EQ(status, 200);
}

TEST(ServerLimits, TooManyRequestsAreToldAndHealthIsAnswered) {
  ServerOptions options;
  options.max_requests = 2;
  RunningServer running(options);
  Client first(running.server());
  Client second(running.server());
  first.send(get("/gate"));
  second.send(get("/gate"));
  ASSERT_TRUE(running.gate().wait_for_waiting(2));
  Client third(running.server());
  const Answer refused = third.exchange(get("/hello"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.header("Retry-After"));
  EXPECT_EQ(third.exchange(get("/health")).status, 200);
  running.gate().open();
  EXPECT_EQ(first.answer().body, "through");
  EXPECT_EQ(second.answer().body, "through");
  EXPECT_EQ(third.exchange(get("/hello")).status, 200);
}

TEST(ServerStop, WithIdleConnectionsIsImmediate) {
  RunningServer running;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<Client>(running.server()));
    if (i % 2 == 0) {
      EXPECT_EQ(clients.back()->exchange(get("/hello")).status, 200);
    }
  }
  EXPECT_LT(running.stop_and_join(), 500ms);
  for (const auto& client : clients) EXPECT_TRUE(client->sees_end(1s));
}

TEST(ServerStop, RequestsInFlightAreAnswered) {
  RunningServer running;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 10; ++i) {
    clients.push_back(std::make_unique<Client>(running.server()));
    clients.back()->send(get("/gate"));
  }
  Client uploading(running.server());
  uploading.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhe");
  ASSERT_TRUE(running.gate().wait_for_waiting(10));
  EXPECT_FALSE(running.server().stopping());
  running.server().stop();
  EXPECT_TRUE(running.server().stopping());
  std::this_thread::sleep_for(20ms);
  EXPECT_ANY_THROW(Client(running.server()).exchange(get("/hello")));
  running.gate().open();
  uploading.send("llo");
  clients.push_back(nullptr);
  for (const auto& client : clients) {
    const Answer answer = client ? client->answer() : uploading.answer();
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, client ? "through" : "hello");
    EXPECT_EQ(answer.header("Connection"), "close");
  }
  running.join();
}

TEST(ServerStop, CutsWhatTakesTooLong) {
  ServerOptions options;
  options.stop_timeout = 50ms;
  RunningServer running(options);
  Client client(running.server());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
  std::this_thread::sleep_for(20ms);
  EXPECT_LT(running.stop_and_join(), 1s);
}

TEST(ServerStop, ASecondCallCutsAtOnce) {
  RunningServer running;
  Client client(running.server());
  client.send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
  std::this_thread::sleep_for(20ms);
  running.server().stop();
  EXPECT_LT(running.stop_and_join(), 1s);
}

TEST(ServerStop, BeforeRunMakesRunReturn) {
  ServerOptions options;
  options.listen = "127.0.0.1:0";
  options.threads = 2;
  Server server(options, Router(), [](const Request*, int, const Error&) { return Response(); });
  server.stop();
  server.run();
  EXPECT_TRUE(server.stopping());
}

TEST(ServerStop, WhileClientsKeepComing) {
  RunningServer running;
  std::atomic<bool> done = false;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (!done) {
        try {
          Client client(running.server());
          const Answer answer = client.exchange(get("/hello"));
          if (answer.status != 0 && answer.body != "hello") ++wrong;
        } catch (const std::runtime_error&) {
          return;
        }
      }
    });
  }
  std::this_thread::sleep_for(50ms);
  EXPECT_LT(running.stop_and_join(), 3s);
  done = true;
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace vidi::http
