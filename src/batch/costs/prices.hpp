#pragma once
// The prices of whoever runs the machines: docs/how-to/cost.md.

#include <string>

#include "core/result.hpp"

namespace vidi::costs {

// A GB-month of block storage in hours, a twelfth of a year of 365 days. AWS' own calculator takes as many; its bills
// take those of the calendar month, 672 to 744.
inline constexpr double kHoursPerMonth = 730;

// In units of the currency; none is negative. A GB has 2^30 bytes.
struct Prices {
  std::string currency;                // "USD"
  double instance_hour = 0;            // of one hour of the machine
  double gb_month = 0;                 // of keeping a GB for a month
  double months_kept = 0;              // how long the result is kept
  double thousand_tier1_requests = 0;  // PUT, COPY, POST, LIST
  double thousand_tier2_requests = 0;  // GET
  double gb_out = 0;                   // of a GB that leaves S3: what the job reads
  double gb_in = 0;                    // of a GB that S3 takes: what the job writes
  double volume_gb_month = 0;          // of keeping a GB of block storage for a month of kHoursPerMonth
  double tax_percent = 0;              // no price: what is added to the sum
};

// From a file in TOML. Errors (invalid_argument) name the file and the key: one that is missing, negative or no number,
// or that nothing reads.
Result<Prices> read_prices(const std::string& path);

}  // namespace vidi::costs
