// TLS between the real server and OpenSSL's own client, over sockets.

#include "http/tls.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <filesystem>
#include <fstream>

#include "http/server_test_support.hpp"

namespace vidi::http {
namespace {

using namespace testing;
using ::testing::HasSubstr;

using KeyPointer = std::unique_ptr<EVP_PKEY, decltype([](EVP_PKEY* key) { EVP_PKEY_free(key); })>;
using CertificatePointer = std::unique_ptr<X509, decltype([](X509* certificate) { X509_free(certificate); })>;
using BioPointer = std::unique_ptr<BIO, decltype([](BIO* bio) { BIO_free_all(bio); })>;

std::string path_of(const std::string& name) { return ::testing::TempDir() + name; }

// A self-signed certificate and its key, in NAME.pem and NAME.key.
void make_certificate(const std::string& name, long valid_seconds = 3600, const char* password = nullptr) {
  const KeyPointer key(EVP_EC_gen("P-256"));
  const CertificatePointer certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -7200);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), valid_seconds);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const subject = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(certificate.get(), subject);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const BioPointer certificate_file(BIO_new_file(path_of(name + ".pem").c_str(), "w"));
  PEM_write_bio_X509(certificate_file.get(), certificate.get());
  const BioPointer key_file(BIO_new_file(path_of(name + ".key").c_str(), "w"));
  // The password is written to by nobody: the interface is older than const.
  PEM_write_bio_PKCS8PrivateKey(key_file.get(), key.get(), password != nullptr ? EVP_aes_256_cbc() : nullptr, nullptr,
                                0, nullptr, const_cast<char*>(password));  // NOLINT(*-const-cast)
}

ServerOptions with_certificate(const std::string& name, ServerOptions options = {}) {
  make_certificate(name);
  options.tls_certificate = path_of(name + ".pem");
  options.tls_key = path_of(name + ".key");
  return options;
}

// A client of OpenSSL's, which does not block for longer than five seconds.
class TlsClient {
 public:
  explicit TlsClient(Server& server, int oldest = TLS1_2_VERSION, int newest = TLS1_3_VERSION)
      : context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_.get(), 0);  // so that it may offer what is too old
    SSL_CTX_set_min_proto_version(context_.get(), oldest);
    SSL_CTX_set_max_proto_version(context_.get(), newest);
    static constexpr unsigned char kProtocols[] = {2, 'h', '2', 8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
    SSL_CTX_set_alpn_protos(context_.get(), kProtocols, sizeof kProtocols);
    BIO* const connection = BIO_new_ssl_connect(context_.get());
    bio_.reset(connection);
    BIO_get_ssl(connection, &ssl_);
    SSL_set_mode(ssl_, SSL_MODE_AUTO_RETRY);
    BIO_set_conn_hostname(connection, server.address().c_str());
    connected_ = BIO_do_connect(connection) == 1 && BIO_do_handshake(connection) == 1;
  }

  [[nodiscard]] bool connected() const { return connected_; }
  [[nodiscard]] std::string version() const { return SSL_get_version(ssl_); }
  [[nodiscard]] std::string protocol() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_, &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  [[nodiscard]] std::string server_name() const {
    const CertificatePointer certificate(SSL_get1_peer_certificate(ssl_));
    std::array<char, 64> name{};
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, name.data(), name.size());
    return name.data();
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      std::size_t written = 0;
      if (BIO_write_ex(bio_.get(), bytes.data(), bytes.size(), &written) != 1) return false;
      bytes.remove_prefix(written);
    }
    return true;
  }

  Answer answer() {
    Answer answer;
    std::size_t end = 0;
    while ((end = received_.find("\r\n\r\n")) == std::string::npos) {
      if (!receive()) return answer;
    }
    answer.head = received_.substr(0, end + 4);
    received_.erase(0, end + 4);
    const std::size_t size = std::stoul(answer.header("Content-Length").value_or("0"));
    while (received_.size() < size) {
      if (!receive()) return answer;
    }
    answer.body = received_.substr(0, size);
    received_.erase(0, size);
    answer.status = std::stoi(answer.head.substr(9, 3));
    return answer;
  }

  Answer exchange(std::string_view request) {
    send(request);
    return answer();
  }

  // Whether the server says, as TLS says it, that nothing more follows.
  bool hears_farewell() {
    while (receive()) {
    }
    return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0;
  }

  // The connection is gone without a farewell.
  void reset() {
    SSL_set_quiet_shutdown(ssl_, 1);
    bio_.reset();
  }

  int renegotiate() { return SSL_renegotiate(ssl_) == 1 ? SSL_do_handshake(ssl_) : 0; }
  int update_key() { return SSL_key_update(ssl_, SSL_KEY_UPDATE_REQUESTED); }

 private:
  bool receive() {
    pollfd readable{.fd = static_cast<int>(BIO_get_fd(bio_.get(), nullptr)), .events = POLLIN, .revents = 0};
    if (SSL_pending(ssl_) == 0 && ::poll(&readable, 1, 5000) != 1) return false;
    std::array<char, 65536> piece;
    std::size_t size = 0;
    if (BIO_read_ex(bio_.get(), piece.data(), piece.size(), &size) != 1) return false;
    received_.append(piece.data(), size);
    return true;
  }

  std::unique_ptr<SSL_CTX, decltype([](SSL_CTX* context) { SSL_CTX_free(context); })> context_;
  BioPointer bio_;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
  std::string received_;
};

TEST(Tls, AnswersRequestsInEitherVersion) {
  RunningServer running(with_certificate("either"));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(running.server(), version, version);
    ASSERT_TRUE(client.connected());
    EXPECT_EQ(client.version(), version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3");
    EXPECT_EQ(client.protocol(), "http/1.1");
    EXPECT_EQ(client.server_name(), "either");
    for (int i = 0; i < 3; ++i) EXPECT_EQ(client.exchange(get("/hello")).body, "hello");
  }
}

TEST(Tls, OldVersionsAreRefused) {
  RunningServer running(with_certificate("old"));
  EXPECT_FALSE(TlsClient(running.server(), TLS1_VERSION, TLS1_1_VERSION).connected());
  EXPECT_TRUE(TlsClient(running.server()).connected());
}

TEST(Tls, EchoesBodiesOfEverySize) {
  RunningServer running(with_certificate("sizes"));
  TlsClient client(running.server());
  for (const std::size_t size : {0, 1, 100, 8000, 8192, 16'384, 20'000, 65'536, 70'000, 1'000'000}) {
    std::string body(size, 'x');
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 31 + i / 256);
    EXPECT_EQ(client.exchange(post("/echo", body)).body, body) << size;
    EXPECT_EQ(client.exchange(chunked_post("/echo", body, 50'000)).body, body) << size;
  }
}

TEST(Tls, PipelinedRequestsInOneRecordAreAllAnswered) {
  RunningServer running(with_certificate("pipelined"));
  TlsClient client(running.server());
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += get("/hello");
  client.send(requests);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(client.answer().body, "hello") << i;
}

TEST(Tls, SendsAnswersLargerThanTheSocketsBuffer) {
  RunningServer running(with_certificate("big"));
  TlsClient client(running.server());
  client.send(get("/big"));
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(client.answer().body, filled(8U << 20U));
  EXPECT_EQ(client.exchange(get("/hello")).status, 200);
}

TEST(Tls, SaysFarewell) {
  RunningServer running(with_certificate("farewell"));
  TlsClient client(running.server());
  EXPECT_EQ(client.exchange(get("/hello", "Connection: close\r\n")).body, "hello");
  EXPECT_TRUE(client.hears_farewell());
}

TEST(Tls, ClientsThatLeaveWithoutFarewellHarmNobody) {
  RunningServer running(with_certificate("leaving"));
  for (int i = 0; i < 20; ++i) {
    TlsClient client(running.server());
    client.send(i % 2 == 0 ? get("/big")
                           : std::string("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nxx"));
    client.reset();
  }
  EXPECT_EQ(TlsClient(running.server()).exchange(get("/hello")).body, "hello");
}

TEST(Tls, KeysMayBeChangedMidway) {
  RunningServer running(with_certificate("update"));
  TlsClient client(running.server(), TLS1_3_VERSION);
  ASSERT_EQ(client.exchange(get("/hello")).body, "hello");
  ASSERT_EQ(client.update_key(), 1);
  EXPECT_EQ(client.exchange(post("/echo", filled(100'000))).body, filled(100'000));
}

TEST(Tls, AskingToNegotiateAgainIsRefused) {
  RunningServer running(with_certificate("again"));
  TlsClient client(running.server(), TLS1_2_VERSION, TLS1_2_VERSION);
  ASSERT_EQ(client.exchange(get("/hello")).body, "hello");
  EXPECT_NE(client.renegotiate(), 1);
}

TEST(Tls, AClientWithoutItIsToldSo) {
  RunningServer running(with_certificate("plain"));
  for (const std::string& request :
       {get("/hello"), post("/echo", filled(100'000)), std::string("BREW / HTTP/1.1\r\n\r\n")}) {
    Client client(running.server());
    const Answer answer = client.exchange(request);
    EXPECT_EQ(answer.status, 400);
    EXPECT_EQ(answer.header("Connection"), "close");
    EXPECT_THAT(answer.body, HasSubstr("https://"));
  }
}

TEST(Tls, NonsenseEndsTheConnectionAndNothingElse) {
  RunningServer running(with_certificate("nonsense"));
  for (const std::string& bytes :
       {std::string(1000, '\x16'), std::string("\x16\x03\x01\xFF\xFF\x01", 6) + filled(70'000), std::string(1, '\0'),
        std::string(100, 'x')}) {
    Client client(running.server());
    client.send(bytes);
    client.finish_sending();
    client.answer();
  }
  EXPECT_EQ(TlsClient(running.server()).exchange(get("/hello")).body, "hello");
}

TEST(Tls, WhoDoesNotShakeHandsIsNotWaitedForLong) {
  ServerOptions options;
  options.idle_timeout = 100ms;
  options.header_timeout = 100ms;
  RunningServer running(with_certificate("slow", options));
  Client silent(running.server());
  EXPECT_TRUE(silent.sees_end());
  Client begins(running.server());
  begins.send(std::string_view("\x16\x03\x01", 3));
  EXPECT_TRUE(begins.sees_end());
}

TEST(Tls, StoppingWaitsForNobodyWhoIsIdle) {
  RunningServer running(with_certificate("stopping"));
  TlsClient idle(running.server());
  ASSERT_EQ(idle.exchange(get("/hello")).body, "hello");
  Client silent(running.server());
  TlsClient busy(running.server());
  busy.send(get("/gate"));
  ASSERT_TRUE(running.gate().wait_for_waiting(1));
  running.server().stop();
  EXPECT_TRUE(idle.hears_farewell());
  EXPECT_TRUE(silent.sees_end());
  running.gate().open();
  EXPECT_EQ(busy.answer().body, "through");
  EXPECT_TRUE(busy.hears_farewell());
  running.join();
}

TEST(Tls, TooManyConnectionsAreToldSoEncrypted) {
  ServerOptions options;
  options.max_connections = 1;
  RunningServer running(with_certificate("crowd", options));
  TlsClient first(running.server());
  ASSERT_EQ(first.exchange(get("/hello")).status, 200);
  TlsClient second(running.server());
  EXPECT_EQ(second.answer().status, 503);
}

TEST(Tls, ANewCertificateIsForNewConnections) {
  RunningServer running(with_certificate("first"));
  TlsClient before(running.server());
  EXPECT_EQ(before.server_name(), "first");
  make_certificate("second");
  std::filesystem::rename(path_of("second.pem"), path_of("first.pem"));
  std::filesystem::rename(path_of("second.key"), path_of("first.key"));
  ASSERT_TRUE(running.server().reload_certificate());
  EXPECT_EQ(TlsClient(running.server()).server_name(), "second");
  EXPECT_EQ(before.exchange(get("/hello")).body, "hello");

  std::ofstream(path_of("first.pem")) << "broken";
  const auto broken = running.server().reload_certificate();
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().message, HasSubstr("first.pem"));
  EXPECT_EQ(TlsClient(running.server()).server_name(), "second");
  EXPECT_EQ(before.exchange(get("/hello")).body, "hello");
}

std::string problem(const std::string& certificate, const std::string& key) {
  const auto loaded = TlsCertificate::load(path_of(certificate), path_of(key));
  return loaded ? "" : loaded.error().message;
}

TEST(TlsCertificate, SaysWhatIsWrongWithAFile) {
  make_certificate("good");
  make_certificate("other");
  make_certificate("locked", 3600, "secret");
  std::ofstream(path_of("nonsense.pem")) << "no certificate\n";
  EXPECT_EQ(problem("good.pem", "good.key"), "");
  EXPECT_THAT(problem("missing.pem", "good.key"), HasSubstr("missing.pem cannot be used: No such file"));
  EXPECT_THAT(problem("good.pem", "missing.key"), HasSubstr("missing.key cannot be used: No such file"));
  EXPECT_THAT(problem("nonsense.pem", "good.key"), HasSubstr("the certificate"));
  EXPECT_THAT(problem("good.pem", "nonsense.pem"), HasSubstr("the key"));
  EXPECT_THAT(problem("good.pem", "other.key"), HasSubstr("key values mismatch"));
  EXPECT_THAT(problem("locked.pem", "locked.key"), HasSubstr("locked.key"));
}

TEST(TlsCertificate, KnowsItsEnd) {
  make_certificate("ends", 1000);
  const auto loaded = TlsCertificate::load(path_of("ends.pem"), path_of("ends.key")).value();
  EXPECT_LT(loaded->valid_until(), now() + 1001s);
  EXPECT_GT(loaded->valid_until(), now() + 900s);
  make_certificate("ended", -1000);
  EXPECT_LT(TlsCertificate::load(path_of("ended.pem"), path_of("ended.key")).value()->valid_until(), now());
}

TEST(Tls, HalfASettingIsRefused) {
  ServerOptions options = with_certificate("half");
  options.listen = "127.0.0.1:0";
  options.tls_key.clear();
  EXPECT_THROW(Server(options, Router(), [](const Request*, int, const Error&) { return Response(); }),
               std::runtime_error);
}

}  // namespace
}  // namespace vidi::http
