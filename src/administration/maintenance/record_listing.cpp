#include "maintenance/record_listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "api/answer.hpp"
#include "core/value_of.hpp"
#include "maintenance/record_access.hpp"
#include "tables/predictions.hpp"

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

class Printer {
 public:
  Printer(std::string format, const WriteText& write) : format_(std::move(format)), write_(write) {
    if (format_ == "table") {
      write_(fmt::format("{:27} {:12} {:10} {:>6} {:20} {:12} {}\n", "TIME", "MODEL", "RESULT", "SURE", "FILE", "USER",
                         "LABEL"));
    } else if (format_ == "csv") {
      write_(fmt::format("id,time,model,version,result,reason,confidence,filename,user,image,latency_ms,label\n"));
    }
  }

  void print(const Prediction& prediction) const {
    const std::string label = prediction.correction ? prediction.correction->label : "";
    if (format_ == "json") {
      write_(
          fmt::format("{}\n", api::to_json(prediction).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)));
    } else if (format_ == "csv") {
      write_(fmt::format("{},{},{},{},{},{},{:.6f},{},{},{},{:.3f},{}\n", to_string(prediction.id),
                         to_string(prediction.time), csv_field(prediction.model), csv_field(prediction.version),
                         csv_field(prediction.result.value_or("")), csv_field(prediction.reason), prediction.confidence,
                         csv_field(prediction.safe_filename), csv_field(prediction.user),
                         prediction.image ? to_string(*prediction.image) : "",
                         static_cast<double>(prediction.latency.count()) / 1000.0, csv_field(label)));
    } else {
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
  auto writer = value_of(tables::PredictionWriter::create(listing.file));
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
