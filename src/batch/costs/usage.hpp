#pragma once
// What a job used that somebody is paid for: the `bill` of its manifest.

#include <cstdint>
#include <string>

#include "core/result.hpp"

namespace vidi::costs {

struct Usage {
  double instance_seconds = 0;   // of all machines together
  std::uint64_t machines = 1;    // at least 1; for people, and for a model of costs: nothing is multiplied by it
  double volume_gb_hours = 0;    // block storage that was kept for the job: GB of 2^30 bytes, times hours
  std::uint64_t disk_bytes = 0;  // of the result
  std::uint64_t list_requests = 0;
  std::uint64_t get_requests = 0;
  std::uint64_t put_requests = 0;
  std::uint64_t bytes_in = 0;   // read from S3
  std::uint64_t bytes_out = 0;  // written to S3
  std::uint64_t pictures = 0;
};

// From the text of a manifest, in JSON. A manifest without "s3" is of a job that asked S3 nothing, one without
// "machines" of a job on one, one without "volume_gb_hours" of a job that kept no block storage. Errors
// (invalid_argument) name the field, and `name`, which the text comes from.
Result<Usage> parse_usage(const std::string& manifest, const std::string& name);

}  // namespace vidi::costs
