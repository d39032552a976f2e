#include "maintenance/record_listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "api/answer.hpp"
#include "core/value_of.hpp"
#include "maintenance/record_access.hpp"
#include "records/parquet/predictions.hpp"

namespace vidi::maintenance {
namespace {

using records::Prediction;

// One line, whatever it holds.
std::string in_one_line(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < ' ') c = ' ';
  }
  return text;
}

// RFC 4180: a field with a comma, a quote or a line's end stands in quotes.
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

// What CSV says of a value, by its type; lists are not in CSV.
std::string csv_value(const std::string& text) { return csv_field(text); }
std::string csv_value(double number) { return fmt::format("{:.6f}", number); }
std::string csv_value(std::chrono::microseconds duration) {
  return fmt::format("{:.3f}", static_cast<double>(duration.count()) / 1000.0);
}
std::string csv_value(const Uuid& id) { return to_string(id); }
std::string csv_value(const Digest& digest) { return to_string(digest); }
std::string csv_value(Timestamp time) { return to_string(time); }
std::string csv_value(const records::Correction& correction) { return csv_value(correction.label); }

template <typename Value>
std::string csv_value(const std::optional<Value>& value) {
  return value ? csv_value(*value) : std::string();
}

// Calls visit(field) for the columns of CSV, in their order.
template <typename Visitor>
  requires std::invocable<Visitor&, const records::Field<std::string>&>
void for_each_csv_column(Visitor visit) {
  records::for_each_field([&]<typename Value>(const records::Field<Value>& field) {
    if constexpr (requires(const Value& value) { csv_value(value); }) {
      if (!field.csv.empty()) visit(field);
    }
  });
}

std::string csv_header() {
  std::vector<std::string_view> names;
  for_each_csv_column([&](const auto& field) { names.push_back(field.csv); });
  return fmt::format("{}\n", fmt::join(names, ","));
}

std::string csv_row(const Prediction& prediction) {
  std::vector<std::string> values;
  for_each_csv_column([&](const auto& field) { values.push_back(csv_value(prediction.*field.member)); });
  return fmt::format("{}\n", fmt::join(values, ","));
}

class Printer {
 public:
  Printer(std::string format, const WriteText& write) : format_(std::move(format)), write_(write) {
    if (format_ == "table") {
      write_(fmt::format("{:27} {:12} {:10} {:>6} {:20} {:12} {}\n", "TIME", "MODEL", "RESULT", "SURE", "FILE", "USER",
                         "LABEL"));
    } else if (format_ == "csv") {
      write_(csv_header());
    }
  }

  void print(const Prediction& prediction) const {
    if (format_ == "json") {
      write_(
          fmt::format("{}\n", api::to_json(prediction).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
    } else if (format_ == "csv") {
      write_(csv_row(prediction));
    } else {
      const std::string label = prediction.correction ? prediction.correction->label : "";
      write_(fmt::format("{:27} {:12} {:10} {:6.4f} {:20} {:12} {}\n", to_string(prediction.time),
                         in_one_line(prediction.model), in_one_line(prediction.result.value_or("-")),
                         prediction.confidence, in_one_line(prediction.safe_filename), in_one_line(prediction.user),
                         in_one_line(label)));
    }
  }

 private:
  const std::string format_;
  const WriteText& write_;
};

void write_table(records::RecordStore& store, const Listing& listing, const WriteText& write) {
  auto writer = value_of(records::parquet::PredictionWriter::create(listing.file));
  std::size_t count = 0;
  const bool all = for_each(store, listing.query, [&](const Prediction& prediction) {
    check_done(writer.add(prediction));
    return ++count < listing.most;
  });
  check_done(writer.finish());
  write(fmt::format("{}: {} predictions{}\n", listing.file, count, all ? "" : ", the newest; with --all every one"));
}

}  // namespace

void list_records(records::RecordStore& store, const Listing& listing, const WriteText& write) {
  Listing paged = listing;
  paged.query.limit = std::min<std::size_t>(listing.most, 1000);
  if (listing.format == "parquet") {
    write_table(store, paged, write);
    return;
  }
  const Printer printer(listing.format, write);
  std::size_t count = 0;
  for_each(store, paged.query, [&](const Prediction& prediction) {
    printer.print(prediction);
    return ++count < listing.most;
  });
}

}  // namespace vidi::maintenance
