#pragma once
// What a larger job will cost: a model fitted to jobs that were measured. docs/how-to/cost.md describes it.

#include <cstdint>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "costs/bill.hpp"
#include "costs/growth.hpp"
#include "costs/measured_job.hpp"

namespace vidi::costs {

// A job of n pictures on m machines takes seconds.fixed + seconds.each * n / m from start to end, and is paid for m
// times that. Whatever else it uses is fixed + each * n.
struct CostModel {
  Growth seconds;  // `fixed`: from start to end; `each`: of one machine
  Growth disk_bytes;
  Growth list_requests;
  Growth get_requests;
  Growth put_requests;
  Growth bytes_in;
  Growth bytes_out;
  double volume_gb = 0;  // block storage of each machine, for as long as the job takes

  // What it rests on.
  std::vector<MeasuredJob> jobs;  // at least one
  bool seconds_on_line = false;   // else too alike in pictures a machine: seconds.fixed is what the manifests say, or 0
  bool counts_on_lines = false;   // else too alike in pictures: all that is counted is taken for proportional to them
  double largest_error = 0;       // of the seconds, relative: |model / measured - 1|
  std::string largest_error_of;   // which job's
};

// By least squares of relative errors, no part negative. Errors (invalid_argument): there are no jobs; two differ in
// their settings, or in whether they asked S3; larger jobs took no longer than small ones.
Result<CostModel> fit_cost_model(std::vector<MeasuredJob> jobs);

struct Estimate {
  std::uint64_t pictures = 0;
  std::uint64_t machines = 1;
  double hours = 0;  // from start to end
  Usage usage;
};

// Both numbers are at least 1.
Estimate estimate(const CostModel& model, std::uint64_t pictures, std::uint64_t machines);

// What the estimate takes for granted, in whole sentences.
std::vector<std::string> assumptions(const CostModel& model, const Estimate& estimate);

// For people: the time, the bill, and the assumptions. `bill` is that of the estimate's usage.
std::string to_text(const CostModel& model, const Estimate& estimate, const Bill& bill);
// For programs: docs/how-to/cost.md.
std::string to_json(const CostModel& model, const Estimate& estimate, const Bill& bill);

}  // namespace vidi::costs
