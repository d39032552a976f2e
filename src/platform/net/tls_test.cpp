// Certificates that are to be trusted, and others, from a real server with TLS.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <thread>

#include "http/server.hpp"
#include "net/ask.hpp"
#include "net/download.hpp"

namespace vidi::net {
namespace {

using testing::HasSubstr;

template <auto release>
using Deleter = decltype([](auto* object) { release(object); });

// A self-signed certificate for the address 127.0.0.1 or for the name, and its key, in NAME.pem and NAME.key.
void make_certificate(const std::string& name, const std::string& subject) {
  const std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>> key(EVP_EC_gen("P-256"));
  const std::unique_ptr<X509, Deleter<X509_free>> certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -7200);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* const issuer = X509_get_subject_name(certificate.get());
  const auto* text = reinterpret_cast<const unsigned char*>(name.c_str());
  X509_NAME_add_entry_by_txt(issuer, "CN", MBSTRING_ASC, text, -1, -1, 0);
  X509_set_issuer_name(certificate.get(), issuer);
  const std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>> names(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, subject.c_str()));
  X509_add_ext(certificate.get(), names.get(), -1);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  const std::string path = testing::TempDir() + name;
  const std::unique_ptr<BIO, Deleter<BIO_free_all>> file(BIO_new_file((path + ".pem").c_str(), "w"));
  PEM_write_bio_X509(file.get(), certificate.get());
  const std::unique_ptr<BIO, Deleter<BIO_free_all>> key_file(BIO_new_file((path + ".key").c_str(), "w"));
  PEM_write_bio_PKCS8PrivateKey(key_file.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
}

// Answers every request with 404 until it is destroyed.
class TlsServer {
 public:
  explicit TlsServer(const std::string& certificate) {
    vidi::http::ServerOptions options;
    options.listen = "127.0.0.1:0";
    options.threads = 1;
    options.tls_certificate = testing::TempDir() + certificate + ".pem";
    options.tls_key = testing::TempDir() + certificate + ".key";
    const auto page = [](const vidi::http::Request*, int status, const Error&) {
      vidi::http::Response response;
      response.status = status;
      return response;
    };
    server_ = std::make_unique<vidi::http::Server>(options, vidi::http::Router(), page);
    thread_ = std::thread([this] { server_->run(); });
  }
  ~TlsServer() {
    server_->stop();
    thread_.join();
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;
  TlsServer(TlsServer&&) = delete;
  TlsServer& operator=(TlsServer&&) = delete;

  // The server's whole answer, as far as it shows.
  [[nodiscard]] Error ask() const { return download(url(), {}).error(); }
  [[nodiscard]] std::string url() const { return "https://" + server_->address() + "/file"; }

 private:
  std::unique_ptr<vidi::http::Server> server_;
  std::thread thread_;
};

TEST(DownloadOverTls, TrustsOnlyWhomAnAuthorityOfThisMachineVouchesFor) {
  make_certificate("trusted", "IP:127.0.0.1");
  make_certificate("elsewhere", "DNS:elsewhere.example");
  make_certificate("stranger", "IP:127.0.0.1");
  // Two authorities: the one for this address, and one for another name.
  const std::string both = testing::TempDir() + "authorities.pem";
  const std::string folder = testing::TempDir();
  const std::string command = "cat " + folder + "trusted.pem " + folder + "elsewhere.pem > " + both;
  ASSERT_EQ(std::system(command.c_str()), 0);  // NOLINT
  setenv("SSL_CERT_FILE", both.c_str(), 1);    // NOLINT(concurrency-mt-unsafe): the first to use TLS
  const TlsServer trusted("trusted");
  EXPECT_EQ(trusted.ask().code, ErrorCode::not_found) << trusted.ask().message;
  EXPECT_EQ(trusted.ask().code, ErrorCode::not_found) << "over the same connection";
  const TlsServer elsewhere("elsewhere");
  EXPECT_THAT(elsewhere.ask().message, HasSubstr("certificate verify failed"));
  const TlsServer stranger("stranger");
  EXPECT_EQ(stranger.ask().code, ErrorCode::unavailable);
  EXPECT_THAT(stranger.ask().message, HasSubstr("certificate verify failed"));
  const Url url = parse_url(stranger.url()).value();
  const auto trusting = net::ask(url, {.trust = Trust::anybody}, std::chrono::seconds(5));
  ASSERT_TRUE(trusting) << trusting.error().message;
  EXPECT_EQ(trusting->status, 404);
  EXPECT_THAT(net::ask(url, {}, std::chrono::seconds(5)).error().message, HasSubstr("certificate verify failed"));
}

}  // namespace
}  // namespace vidi::net
