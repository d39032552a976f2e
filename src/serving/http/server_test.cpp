#include "http/server.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "http/server_test_support.hpp"

namespace vidi::http {
namespace {

using namespace testing;

TEST(Server, AnswersOneRequestAfterAnotherOnOneConnection) {
  RunningServer running;
  Client client(running.server());
  for (int i = 0; i < 3; ++i) {
    const Answer answer = client.exchange(get("/hello"));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "hello");
    EXPECT_EQ(answer.header("Content-Type"), "text/plain; charset=utf-8");
    EXPECT_FALSE(answer.header("Connection"));
    EXPECT_EQ(answer.header("Date").value_or("").size(), 29U);
  }
}

TEST(Server, ClosesWhenTheClientAsksForIt) {
  RunningServer running;
  Client client(running.server());
  const Answer answer = client.exchange(get("/hello", "Connection: close\r\n"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Connection"), "close");
  EXPECT_TRUE(client.sees_end());
}

TEST(Server, SpeaksHttp10) {
  RunningServer running;
  Client once(running.server());
  EXPECT_EQ(once.exchange("GET /hello HTTP/1.0\r\n\r\n").header("Connection"), "close");
  EXPECT_TRUE(once.sees_end());
  Client kept(running.server());
  for (int i = 0; i < 2; ++i) {
    const Answer answer = kept.exchange("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_EQ(answer.header("Connection"), "keep-alive");
    EXPECT_EQ(answer.body, "hello");
  }
}

TEST(Server, HeadHasTheHeadersOfGetAndNoBody) {
  RunningServer running;
  Client client(running.server());
  const Answer head = client.exchange("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n", true);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.header("Content-Length"), "5");
  EXPECT_EQ(client.exchange(get("/hello")).body, "hello");
  const Answer missing = client.exchange("HEAD /missing HTTP/1.1\r\nHost: x\r\n\r\n", true);
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(client.exchange(get("/hello")).body, "hello");
}

TEST(Server, OptionsTellsTheMethods) {
  RunningServer running;
  Client client(running.server());
  const Answer options = client.exchange("OPTIONS /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.header("Allow"), "GET, HEAD, OPTIONS, POST");
  EXPECT_FALSE(options.header("Content-Length"));
  EXPECT_EQ(client.exchange("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n").status, 204);
  EXPECT_EQ(client.exchange(get("/hello")).status, 200);
}

TEST(Server, AnotherMethodIsNotAllowed) {
  RunningServer running;
  Client client(running.server());
  for (const char* method : {"DELETE", "BREW", "get"}) {
    const Answer answer = client.exchange(fmt::format("{} /hello HTTP/1.1\r\nHost: x\r\n\r\n", method));
    EXPECT_EQ(answer.status, 405) << method;
    EXPECT_EQ(answer.header("Allow"), "GET, HEAD, OPTIONS, POST") << method;
  }
}

TEST(Server, AnUnknownPathIsNotFound) {
  RunningServer running;
  Client client(running.server());
  EXPECT_EQ(client.exchange(get("/missing")).status, 404);
  EXPECT_EQ(client.exchange(get("/hello/../throws")).status, 404);
  EXPECT_EQ(client.exchange(get("/hello")).status, 200);
}

TEST(Server, DecodesPathQueryAndParameters) {
  RunningServer running;
  Client client(running.server());
  EXPECT_EQ(client.exchange(get("/describe?a=b&q=1%2B2+3&q=4")).body, "GET /describe q=1+2 3 id= from=127.0.0.1");
  EXPECT_EQ(client.exchange(get("/things/a%20b/of?%71=%zz")).body, "GET /things/a b/of q=%zz id=a b from=127.0.0.1");
  EXPECT_EQ(client.exchange(get("http://elsewhere/describe?q")).body, "GET /describe q= id= from=127.0.0.1");
  EXPECT_EQ(client.exchange(get("/d%65scribe")).body, "GET /describe q=- id= from=127.0.0.1");
}

TEST(Server, EchoesBodiesOfEverySize) {
  RunningServer running;
  Client client(running.server());
  for (const std::size_t size : {0, 1, 100, 8000, 8192, 20'000, 65'536, 70'000, 1'000'000}) {
    std::string body(size, 'x');
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 31 + i / 256);
    EXPECT_EQ(client.exchange(post("/echo", body)).body, body) << size;
    EXPECT_EQ(client.exchange(chunked_post("/echo", body, 6)).body, body) << size;
    EXPECT_EQ(client.exchange(chunked_post("/echo", body, 50'000)).body, body) << size;
  }
}

TEST(Server, TakesRequestsByteByByte) {
  RunningServer running;
  Client client(running.server());
  client.send_slowly(post("/echo", "a small body") + chunked_post("/echo", "in chunks", 4) + get("/hello"));
  EXPECT_EQ(client.answer().body, "a small body");
  EXPECT_EQ(client.answer().body, "in chunks");
  EXPECT_EQ(client.answer().body, "hello");
}

TEST(Server, ReadsChunkExtensionsAndTrailers) {
  RunningServer running;
  Client client(running.server());
  const Answer answer = client.exchange(
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5;name=\"a;b\"\r\nhello\r\n0\r\nX-Trailer: y\r\nConnection: close\r\n\r\n" +
      get("/hello"));
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(client.answer().body, "hello");
}

TEST(Server, AnswersAHundredPipelinedRequestsInOrder) {
  RunningServer running;
  Client client(running.server());
  std::string requests;
  for (int i = 0; i < 100; ++i) {
    requests += i % 3 == 0 ? get(fmt::format("/describe?q={}", i)) : post("/echo", fmt::format("body {}", i));
  }
  client.send(requests);
  for (int i = 0; i < 100; ++i) {
    const Answer answer = client.answer();
    ASSERT_EQ(answer.status, 200) << i;
    EXPECT_EQ(answer.body,
              i % 3 == 0 ? fmt::format("GET /describe q={} id= from=127.0.0.1", i) : fmt::format("body {}", i));
  }
  EXPECT_TRUE(client.hears_nothing());
}

TEST(Server, PipelinedRequestsBehindALongChunkedBodyAreAnswered) {
  RunningServer running;
  Client client(running.server());
  std::string requests = chunked_post("/echo", filled(100'000), 30'000);
  for (int i = 0; i < 500; ++i) requests += get("/hello");
  std::thread sender([&] { client.send(requests); });
  EXPECT_EQ(client.answer().body.size(), 100'000U);
  for (int i = 0; i < 500; ++i) ASSERT_EQ(client.answer().body, "hello") << i;
  sender.join();
}

TEST(Server, ReadsForms) {
  RunningServer running;
  Client client(running.server());
  const std::string body =
      "--xyz\r\nContent-Disposition: form-data; name=\"user\"\r\n\r\nann\r\n"
      "--xyz\r\nContent-Disposition: form-data; name=\"file\"; filename=\"4.png\"\r\nContent-Type: image/png\r\n\r\n" +
      std::string(100'000, 'p') + "\r\n--xyz--\r\n";
  const std::string type = "Content-Type: multipart/form-data; boundary=xyz\r\n";
  const std::string expected = "user|-||ann\nfile|4.png|image/png|" + std::string(100'000, 'p') + "\n";
  EXPECT_EQ(client.exchange(post("/form", body, type)).body, expected);
  client.send(post("/form", body, type).substr(0, 1000));
  client.send(post("/form", body, type).substr(1000));
  EXPECT_EQ(client.answer().body, expected);
  EXPECT_EQ(client.exchange(post("/form", body.substr(0, 50'000), type)).status, 400);
  EXPECT_EQ(client.exchange(get("/hello")).status, 200);
}

TEST(Server, SendsContinueOnlyWhenTheHandlerReads) {
  RunningServer running;
  Client reads(running.server());
  const std::string expect = "POST {} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nExpect: 100-Continue\r\n\r\n";
  EXPECT_EQ(reads.exchange(fmt::format(fmt::runtime(expect), "/echo")).status, 100);
  EXPECT_EQ(reads.exchange("hello").body, "hello");
  EXPECT_EQ(reads.exchange(get("/hello")).status, 200);

  Client ignored(running.server());
  const Answer answer = ignored.exchange(fmt::format(fmt::runtime(expect), "/hello"));
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Connection"), "close");

  Client eager(running.server());
  EXPECT_EQ(eager.exchange(fmt::format(fmt::runtime(expect), "/echo") + "hello").body, "hello");
}

TEST(Server, DrainsAShortBodyThatTheHandlerLeft) {
  RunningServer running;
  Client client(running.server());
  EXPECT_EQ(client.exchange(post("/hello", filled(30'000))).status, 200);
  EXPECT_EQ(client.exchange(chunked_post("/hello", filled(30'000), 1000)).status, 200);
  EXPECT_EQ(client.exchange(post("/missing", "x")).status, 404);
  EXPECT_EQ(client.exchange(get("/hello")).status, 200);
}

TEST(Server, ClosesInsteadOfDrainingALongBody) {
  RunningServer running;
  Client client(running.server());
  std::thread sender([&] { client.send(post("/hello", filled(10'000'000))); });
  const Answer answer = client.answer();
  sender.join();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Connection"), "close");
  Client endless(running.server());
  std::thread endless_sender([&] { endless.send(chunked_post("/hello", filled(10'000'000), 100'000)); });
  EXPECT_EQ(endless.answer().status, 200);
  endless_sender.join();
  EXPECT_TRUE(endless.sees_end());
}

TEST(Server, AnExceptionOfAHandlerIsAnswered500AndTheServerGoesOn) {
  RunningServer running;
  Client client(running.server());
  const Answer answer = client.exchange(get("/throws"));
  EXPECT_EQ(answer.status, 500);
  EXPECT_EQ(answer.body.find("secret"), std::string::npos);
  EXPECT_EQ(client.exchange(get("/hello")).status, 200);
}

TEST(Server, AHandlerCannotInjectHeaders) {
  RunningServer running;
  Client client(running.server());
  EXPECT_EQ(client.exchange(get("/injects?value=ok")).header("X-Name"), "ok");
  for (const char* value : {"a%0d%0aSet-Cookie:%20x", "a%0ab", "a%0db", "a%00b"}) {
    const Answer answer = client.exchange(get(fmt::format("/injects?value={}", value)));
    EXPECT_EQ(answer.status, 500) << value;
    EXPECT_FALSE(answer.header("Set-Cookie")) << value;
  }
  EXPECT_EQ(client.exchange(get("/frames")).status, 500);
}

TEST(Server, SendsAnswersLargerThanTheSocketsBuffer) {
  RunningServer running;
  Client client(running.server());
  client.send(get("/big"));
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(client.answer().body, filled(8U << 20U));
  EXPECT_EQ(client.exchange(get("/hello")).status, 200);
}

TEST(Server, AnswersAClientThatHasFinishedSending) {
  RunningServer running;
  Client client(running.server());
  client.send(get("/hello") + post("/echo", "body"));
  client.finish_sending();
  EXPECT_EQ(client.answer().body, "hello");
  EXPECT_EQ(client.answer().body, "body");
  EXPECT_TRUE(client.sees_end());
}

TEST(Server, EveryClientGetsItsOwnAnswer) {
  RunningServer running;
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> threads;
  threads.reserve(8);
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&, t] {
      for (int c = 0; c < 5; ++c) {
        Client client(running.server());
        for (int i = 0; i < 50; ++i) {
          const std::string body =
              fmt::format("{} {} {} {}", t, c, i, std::string(static_cast<std::size_t>(i) * 100, 'x'));
          if (client.exchange(i % 2 == 0 ? post("/echo", body) : chunked_post("/echo", body, 97)).body != body) ++wrong;
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(wrong, 0);
}

TEST(Server, SaysWhatCannotBeBound) {
  RunningServer running;
  for (const std::string& listen : {running.server().address(), std::string("nonsense"), std::string(":80"),
                                    std::string("::1:80"), std::string("127.0.0.1:http:80")}) {
    ServerOptions options;
    options.listen = listen;
    try {
      const Server second(options, Router(), [](const Request*, int, const Error&) { return Response(); });
      ADD_FAILURE() << listen << " was bound";
    } catch (const std::runtime_error& error) {
      EXPECT_NE(std::string(error.what()).find(listen), std::string::npos) << error.what();
    }
  }
}

TEST(Server, ListensOnIpv6) {
  ServerOptions options;
  options.listen = "[::1]:0";
  const Server server(options, Router(), [](const Request*, int, const Error&) { return Response(); });
  EXPECT_EQ(server.address(), fmt::format("[::1]:{}", server.port()));
}

}  // namespace
}  // namespace vidi::http
