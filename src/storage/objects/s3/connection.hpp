#pragma once
// S3 as a file system of Arrow, for whoever reads or writes a bucket.

#include <memory>

#include "core/result.hpp"
#include "objects/s3/address.hpp"

namespace arrow {
class Status;
namespace fs {
class S3FileSystem;
}
}  // namespace arrow

namespace vidi::objects::s3 {

// Any thread may use one; nothing is asked of the bucket yet. Errors: unavailable (the library cannot be used).
Result<std::shared_ptr<arrow::fs::S3FileSystem>> connect(const Address& address, const Credentials& credentials);

// What S3 says is for the log and the operator, and names no path of this machine.
Error error_of(const arrow::Status& status);

}  // namespace vidi::objects::s3
