#pragma once
// What a job cost: what it used, times the prices of whoever runs the machines.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "costs/prices.hpp"
#include "costs/usage.hpp"

namespace vidi::costs {

struct Line {
  std::string what;     // "requests, tier 1"
  double quantity = 0;  // in `unit`
  std::string unit;     // "1,000 requests"
  double price = 0;     // of one unit
  [[nodiscard]] double amount() const { return quantity * price; }
};

struct Bill {
  std::string currency;
  std::vector<Line> lines;
  double tax_percent = 0;
  std::uint64_t pictures = 0;
  std::uint64_t machines = 1;

  [[nodiscard]] double subtotal() const;  // of the lines
  [[nodiscard]] double tax() const;
  [[nodiscard]] double total() const;                                // with the tax
  [[nodiscard]] std::optional<double> per_million_pictures() const;  // of the total; absent: there were no pictures
};

Bill make_bill(const Usage& usage, const Prices& prices);

// For people: a line for each line of the bill, subtotal and tax if there is one, the total, and the price of a million
// pictures.
std::string to_text(const Bill& bill);
// For programs: docs/how-to/cost.md.
std::string to_json(const Bill& bill);

}  // namespace vidi::costs
