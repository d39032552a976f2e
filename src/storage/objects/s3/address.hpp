#pragma once
// How a bucket is named: s3://BUCKET[/PREFIX][?endpoint=URL][&region=NAME][&...]

#include <chrono>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace vidi::objects::s3 {

struct Address {
  std::string bucket;
  std::string prefix;  // without slashes at its ends; empty: the whole bucket
  std::string scheme = "https";
  std::string endpoint;  // HOST[:PORT]; empty: Amazon's of the region
  std::string region = "us-east-1";
  std::chrono::milliseconds connect_timeout{3000};
  std::chrono::milliseconds request_timeout{10'000};
  int attempts = 3;
  int connections = 16;  // requests at the same time
};

// Error invalid_argument: what is wrong, with the value and what would be right.
Result<Address> parse_address(std::string_view url);

// The same, with what the URL leaves open taken from AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL, and AWS_REGION.
Result<Address> complete_address(std::string_view url);

// What this program is let into the bucket with. No part of an address: everybody who lists the processes would see it.
struct Credentials {
  std::string access_key;  // empty: as the AWS tools find them (environment, ~/.aws, the machine's role)
  std::string secret_key;
  std::string session_token;
};

// Those of the usual variables: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN.
Credentials credentials_from_environment();

// A link that opens that key of the bucket until `expires` after `now`, at most seven days: AWS Signature Version 4,
// query string (https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html).
// Error invalid_argument: no credentials, or a time out of bounds.
Result<std::string> presign(const Address& address, std::string_view key, const Credentials& credentials,
                            std::chrono::seconds expires, std::chrono::sys_seconds now);

}  // namespace vidi::objects::s3
