#pragma once
// Pictures in a bucket of S3, or of any server that speaks its protocol.

#include <memory>
#include <string>

#include "objects/kind.hpp"
#include "objects/object_store.hpp"
#include "objects/s3/address.hpp"

namespace vidi::objects::s3 {

// The key of a picture in the bucket.
std::string key_of(const Address& address, const Digest& digest);

// Asks nothing of the network. `url`: see objects/s3/address.hpp. Throws std::runtime_error with a sentence for the
// operator when it is wrong.
std::unique_ptr<ObjectStore> open_store(const std::string& url, const Credentials& credentials);

// s3://BUCKET/PREFIX?OPTIONS, with the credentials of the AWS variables.
Kind kind();

// Ends the threads of Arrow's library for S3. They must have ended when main returns (at exit they can no longer), and
// no store can be opened afterwards.
void finish();

}  // namespace vidi::objects::s3
