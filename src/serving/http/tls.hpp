#pragma once
// The server's side of TLS 1.2 and 1.3 (RFC 5246, RFC 8446), by OpenSSL, on a socket that does not block.

#include <cstddef>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/time.hpp"

struct ssl_ctx_st;  // OpenSSL's SSL_CTX
struct ssl_st;      // OpenSSL's SSL

namespace vidi::http {

// A certificate with its key. Any thread.
class TlsCertificate {
 public:
  // PEM files: the server's certificate and then those that vouch for it, and its key without a password.
  // Error invalid_argument, naming the file and what is wrong with it.
  static Result<std::shared_ptr<const TlsCertificate>> load(const std::string& certificate, const std::string& key);

  [[nodiscard]] Timestamp valid_until() const;
  [[nodiscard]] ssl_ctx_st* context() const { return context_.get(); }

 private:
  struct Deleter {
    void operator()(ssl_ctx_st* context) const;
  };
  using Context = std::unique_ptr<ssl_ctx_st, Deleter>;

  explicit TlsCertificate(Context context) : context_(std::move(context)) {}

  Context context_;
};

// The certificate that new connections get; null: they speak without TLS. Any thread.
class CurrentCertificate {
 public:
  [[nodiscard]] std::shared_ptr<const TlsCertificate> get() const {
    const std::lock_guard lock(mutex_);
    return certificate_;
  }
  void set(std::shared_ptr<const TlsCertificate> certificate) {
    const std::lock_guard lock(mutex_);
    certificate_ = std::move(certificate);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const TlsCertificate> certificate_;
};

// One connection's. Its certificate may be replaced and go meanwhile.
class TlsSession {
 public:
  // `socket` must stay open for as long as the session lives.
  TlsSession(const TlsCertificate& certificate, int socket);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  TlsSession(TlsSession&&) = delete;
  TlsSession& operator=(TlsSession&&) = delete;

  enum class State {
    done,
    needs_read,   // the same again when the socket can be read
    needs_write,  // the same again, with the same bytes, when the socket can be written
    ended,        // the client has closed its side
    failed,       // nothing more can be done
  };
  struct Progress {
    State state = State::failed;
    std::size_t size = 0;  // when done: of what was read or written
  };
  Progress shake_hands();
  Progress read(std::span<char> into);
  Progress write(std::string_view bytes);

  void finish_sending();  // tells the client, if that is possible at once, that nothing more follows

 private:
  Progress progress(int result, std::size_t size);

  struct Deleter {
    void operator()(ssl_st* session) const;
  };
  std::unique_ptr<ssl_st, Deleter> session_;
  const int socket_;
  bool broken_ = false;
  bool finished_ = false;
};

}  // namespace vidi::http
