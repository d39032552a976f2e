#include "http/tls.hpp"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <new>
#include <system_error>
#include <utility>

namespace vidi::http {
namespace {

int socket_of(BIO* bio) { return *static_cast<const int*>(BIO_get_data(bio)); }

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

int write_to_socket(BIO* bio, const char* bytes, std::size_t size, std::size_t* written) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(socket_of(bio), bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && (would_block() || errno == EINTR)) BIO_set_retry_write(bio);
  *written = sent > 0 ? static_cast<std::size_t>(sent) : 0;
  return sent > 0 ? 1 : 0;
}

int read_from_socket(BIO* bio, char* bytes, std::size_t size, std::size_t* read) {
  BIO_clear_retry_flags(bio);
  const ssize_t received = ::recv(socket_of(bio), bytes, size, MSG_DONTWAIT);
  if (received < 0 && (would_block() || errno == EINTR)) BIO_set_retry_read(bio);
  if (received == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
  *read = received > 0 ? static_cast<std::size_t>(received) : 0;
  return received > 0 ? 1 : 0;
}

long control_socket(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

// OpenSSL's own sockets raise SIGPIPE when the client has gone.
const BIO_METHOD* socket_method() {
  static const BIO_METHOD* const made = [] {
    BIO_METHOD* const method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket without signals");
    if (method == nullptr) throw std::bad_alloc();
    BIO_meth_set_write_ex(method, write_to_socket);
    BIO_meth_set_read_ex(method, read_from_socket);
    BIO_meth_set_ctrl(method, control_socket);
    return method;
  }();
  return made;
}

// Of the two protocols that clients offer (RFC 7301) this one is spoken.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size, const unsigned char* offered,
                    unsigned offered_size, void*) {
  static constexpr std::string_view kHttp = "http/1.1";
  std::string_view rest(reinterpret_cast<const char*>(offered), offered_size);
  while (!rest.empty()) {
    const auto size = static_cast<unsigned char>(rest.front());
    rest.remove_prefix(1);
    if (rest.substr(0, size) == kHttp) {
      *chosen = reinterpret_cast<const unsigned char*>(rest.data());
      *chosen_size = size;
      return SSL_TLSEXT_ERR_OK;
    }
    rest.remove_prefix(std::min<std::size_t>(size, rest.size()));
  }
  return SSL_TLSEXT_ERR_NOACK;
}

// A key with a password would otherwise be asked for at the terminal.
int no_password(char*, int, int, void*) { return -1; }

std::string reason() {
  const unsigned long error = ERR_peek_error();
  const char* const text = ERR_reason_error_string(error);
  std::string found = text != nullptr ? text : "it is not what it should be";
  if (ERR_SYSTEM_ERROR(error)) found = std::generic_category().message(ERR_GET_REASON(error));
  ERR_clear_error();
  return found;
}

std::unexpected<Error> unusable(std::string_view what, const std::string& file) {
  return fail(ErrorCode::invalid_argument, fmt::format("the {} {} cannot be used: {}", what, file, reason()));
}

}  // namespace

void TlsCertificate::Deleter::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }
void TlsSession::Deleter::operator()(ssl_st* session) const { SSL_free(session); }

Result<std::shared_ptr<const TlsCertificate>> TlsCertificate::load(const std::string& certificate,
                                                                   const std::string& key) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_server_method()));
  if (!context) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // Whether a body is whole, its length says: an end without a farewell is an end like any other.
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(context.get(), 1);                           // otherwise a record is two calls to the kernel
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);  // clients keep their tickets themselves
  SSL_CTX_set_alpn_select_cb(context.get(), choose_protocol, nullptr);
  SSL_CTX_set_default_passwd_cb(context.get(), no_password);
  if (SSL_CTX_use_certificate_chain_file(context.get(), certificate.c_str()) != 1) {
    return unusable("certificate", certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context.get(), key.c_str(), SSL_FILETYPE_PEM) != 1) return unusable("key", key);
  return std::shared_ptr<const TlsCertificate>(new TlsCertificate(std::move(context)));
}

Timestamp TlsCertificate::valid_until() const {
  std::tm time{};
  const X509* const certificate = SSL_CTX_get0_certificate(context_.get());
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) != 1) return {};
  return std::chrono::sys_seconds(std::chrono::seconds(::timegm(&time)));
}

TlsSession::TlsSession(const TlsCertificate& certificate, int socket)
    : session_(SSL_new(certificate.context())), socket_(socket) {
  BIO* const bio = BIO_new(socket_method());
  if (!session_ || bio == nullptr) {
    BIO_free(bio);
    throw std::bad_alloc();
  }
  BIO_set_data(bio, const_cast<int*>(&socket_));  // NOLINT(*-const-cast): it is only read
  BIO_set_init(bio, 1);
  SSL_set_bio(session_.get(), bio, bio);
  SSL_set_accept_state(session_.get());
}

TlsSession::~TlsSession() { finish_sending(); }

TlsSession::Progress TlsSession::shake_hands() {
  ERR_clear_error();
  return progress(SSL_do_handshake(session_.get()), 0);
}

TlsSession::Progress TlsSession::read(std::span<char> into) {
  ERR_clear_error();
  std::size_t size = 0;
  const int result = SSL_read_ex(session_.get(), into.data(), into.size(), &size);
  return progress(result, size);
}

TlsSession::Progress TlsSession::write(std::string_view bytes) {
  ERR_clear_error();
  std::size_t size = 0;
  const int result = SSL_write_ex(session_.get(), bytes.data(), bytes.size(), &size);
  return progress(result, size);
}

TlsSession::Progress TlsSession::progress(int result, std::size_t size) {
  if (result == 1) return {.state = State::done, .size = size};
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return {.state = State::needs_read};
    case SSL_ERROR_WANT_WRITE:
      return {.state = State::needs_write};
    case SSL_ERROR_ZERO_RETURN:
      return {.state = State::ended};
    default:
      broken_ = true;
      ERR_clear_error();
      return {.state = State::failed};
  }
}

void TlsSession::finish_sending() {
  if (broken_ || finished_ || SSL_is_init_finished(session_.get()) != 1) return;
  finished_ = true;
  SSL_shutdown(session_.get());
  ERR_clear_error();
}

}  // namespace vidi::http
