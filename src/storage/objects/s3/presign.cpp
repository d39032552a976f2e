#include <fmt/chrono.h>
#include <fmt/format.h>
#include <openssl/hmac.h>

#include <array>
#include <map>

#include "core/bytes.hpp"
#include "core/digest.hpp"
#include "objects/s3/address.hpp"

namespace vidi::objects::s3 {
namespace {

constexpr std::chrono::seconds kLongest = std::chrono::days(7);

// RFC 3986's unreserved characters stay; a slash of a path too.
std::string escaped(std::string_view text, bool path) {
  std::string result;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                       c == '_' || c == '.' || c == '~' || (path && c == '/');
    if (plain) {
      result += c;
    } else {
      result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return result;
}

Bytes hmac(ByteView key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), reinterpret_cast<const unsigned char*>(text.data()),
       text.size(), digest.data(), &size);
  const auto bytes = std::as_bytes(std::span(digest).first(size));
  return {bytes.begin(), bytes.end()};
}

std::string join(const std::map<std::string, std::string>& query) {
  std::string text;
  for (const auto& [name, value] : query) {
    if (!text.empty()) text += '&';
    text += escaped(name, false) + '=' + escaped(value, false);
  }
  return text;
}

}  // namespace

Result<std::string> presign(const Address& address, std::string_view key, const Credentials& credentials,
                            std::chrono::seconds expires, std::chrono::sys_seconds now) {
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    return fail(ErrorCode::invalid_argument,
                "a link needs credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
  }
  if (expires < std::chrono::seconds(1) || expires > kLongest) {
    return fail(ErrorCode::invalid_argument, fmt::format("a link cannot expire after {} seconds: it must be 1 to {}",
                                                         expires.count(), kLongest.count()));
  }
  const std::string time = fmt::format("{:%Y%m%dT%H%M%SZ}", now);
  const std::string day = time.substr(0, 8);
  const std::string scope = fmt::format("{}/{}/s3/aws4_request", day, address.region);
  const std::string host =
      address.endpoint.empty() ? fmt::format("s3.{}.amazonaws.com", address.region) : address.endpoint;
  const std::string path = "/" + escaped(address.bucket, true) + "/" + escaped(key, true);
  std::map<std::string, std::string> query{{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
                                           {"X-Amz-Credential", credentials.access_key + "/" + scope},
                                           {"X-Amz-Date", time},
                                           {"X-Amz-Expires", std::to_string(expires.count())},
                                           {"X-Amz-SignedHeaders", "host"}};
  if (!credentials.session_token.empty()) query["X-Amz-Security-Token"] = credentials.session_token;
  const std::string request = fmt::format("GET\n{}\n{}\nhost:{}\n\nhost\nUNSIGNED-PAYLOAD", path, join(query), host);
  const std::string to_sign =
      fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", time, scope, to_string(sha256(as_bytes(request))));
  Bytes signing = hmac(as_bytes("AWS4" + credentials.secret_key), day);
  for (const std::string_view part :
       {std::string_view(address.region), std::string_view("s3"), std::string_view("aws4_request")}) {
    signing = hmac(signing, part);
  }
  return fmt::format("{}://{}{}?{}&X-Amz-Signature={}", address.scheme, host, path, join(query),
                     to_hex(hmac(signing, to_sign)));
}

}  // namespace vidi::objects::s3
