#include <fmt/format.h>

#include <fstream>
#include <functional>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <thread>
#include <utility>

#include "api/answer.hpp"
#include "cassandra/address.hpp"
#include "commands.hpp"
#include "core/when_all.hpp"
#include "program_settings.hpp"
#include "records/cassandra/cassandra_store.hpp"
#include "stores.hpp"

namespace vidi::app {
namespace {

using records::Page;
using records::Prediction;
using records::Query;
using records::RecordStore;

struct ListOptions {
  std::string user;
  std::string model;
  std::string result;
  std::string from;
  std::string to;
  std::size_t limit = 50;
  bool all = false;
  std::string format = "table";
};

template <typename Value>
Value value_of(Result<Value> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(*result);
}

Timestamp time_of(const std::string& text) {
  if (const auto time = parse_timestamp(text)) return *time;
  throw std::runtime_error(fmt::format("'{}' is not a time; expected one such as 2019-01-29T16:55:06Z", text));
}

// A store elsewhere is looked for from the moment it is opened.
void wait_until_ready(RecordStore& store) {
  constexpr std::chrono::seconds kLongest(15);
  const auto deadline = std::chrono::steady_clock::now() + kLongest;
  while (true) {
    const auto ready = run(store.check());
    if (ready) return;
    if (std::chrono::steady_clock::now() > deadline) throw std::runtime_error(ready.error().message);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

// Calls `visit` with every prediction, newest first, until it returns false.
void for_each(RecordStore& store, Query query, const std::function<bool(Prediction&)>& visit) {
  do {
    Query copy = query;
    Page page = value_of(run(store.list(std::move(copy))));
    for (Prediction& prediction : page.predictions) {
      if (!visit(prediction)) return;
    }
    query.cursor = std::move(page.next);
  } while (query.cursor);
}

// One line, whatever it holds.
std::string on_one_line(std::string text) {
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
  explicit Printer(std::string format) : format_(std::move(format)) {
    if (format_ == "table") {
      fmt::print("{:27} {:12} {:10} {:>6} {:20} {:12} {}\n", "TIME", "MODEL", "RESULT", "SURE", "FILE", "USER",
                 "LABEL");
    } else if (format_ == "csv") {
      fmt::print("id,time,model,version,result,reason,confidence,filename,user,image,latency_ms,label\n");
    }
  }

  void print(const Prediction& prediction) const {
    const std::string label = prediction.correction ? prediction.correction->label : "";
    if (format_ == "json") {
      fmt::print("{}\n", api::to_json(prediction).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
    } else if (format_ == "csv") {
      fmt::print("{},{},{},{},{},{},{:.6f},{},{},{},{:.3f},{}\n", to_string(prediction.id), to_string(prediction.time),
                 csv_field(prediction.model), csv_field(prediction.version), csv_field(prediction.result.value_or("")),
                 csv_field(prediction.reason), prediction.confidence, csv_field(prediction.safe_filename),
                 csv_field(prediction.user), prediction.image ? to_string(*prediction.image) : "",
                 static_cast<double>(prediction.latency.count()) / 1000.0, csv_field(label));
    } else {
      fmt::print("{:27} {:12} {:10} {:6.4f} {:20} {:12} {}\n", to_string(prediction.time),
                 on_one_line(prediction.model), on_one_line(prediction.result.value_or("-")), prediction.confidence,
                 on_one_line(prediction.safe_filename), on_one_line(prediction.user), on_one_line(label));
    }
  }

 private:
  const std::string format_;
};

int list(const ListOptions& options, const CLI::App& command, const Settings& settings) {
  Query query;
  const auto given = [&](const char* name) { return command.get_option(name)->count() > 0; };
  if (given("--user")) query.user = options.user;
  if (given("--of-model")) query.model = options.model;
  if (given("--result")) query.result = options.result;
  if (given("--from")) query.from = time_of(options.from);
  if (given("--to")) query.to = time_of(options.to);
  std::size_t left = options.all ? SIZE_MAX : options.limit;
  query.limit = std::min<std::size_t>(left, 1000);
  const auto store = open_records(settings);
  wait_until_ready(*store);
  const Printer printer(options.format);
  for_each(*store, query, [&](const Prediction& prediction) {
    printer.print(prediction);
    return --left > 0;
  });
  return 0;
}

int print_schema(const Settings& settings) {
  for (const std::string& statement : records::cassandra::schema_of(settings.text("records"))) {
    fmt::print("{};\n", statement);
  }
  return 0;
}

enum class Imported { added, present };

Task<Result<Imported>> import_one(RecordStore& to, Prediction prediction) {
  const auto there = co_await to.find(prediction.id);
  if (!there) co_return std::unexpected(there.error());
  if (*there) co_return Imported::present;
  const auto added = co_await to.append(std::move(prediction));
  if (!added) co_return std::unexpected(added.error());
  co_return Imported::added;
}

Task<std::vector<Result<Imported>>> import_together(RecordStore& to, std::vector<Prediction> predictions) {
  std::vector<Task<Result<Imported>>> tasks;
  for (Prediction& prediction : predictions) tasks.push_back(import_one(to, std::move(prediction)));
  co_return co_await when_all(std::move(tasks));
}

int import_all(const std::string& from_url, const Settings& settings) {
  const auto from = records::open_record_store(from_url, access_of(settings));
  const auto to = open_records(settings);
  wait_until_ready(*from);
  wait_until_ready(*to);
  std::size_t added = 0;
  std::size_t present = 0;
  std::vector<Prediction> waiting;
  const auto hand_over = [&] {
    for (auto& result : run(import_together(*to, std::exchange(waiting, {})))) {
      if (!result) throw std::runtime_error(fmt::format("{} were added before: {}", added, result.error().message));
      ++(*result == Imported::added ? added : present);
    }
  };
  constexpr std::size_t kTogether = 256;
  for_each(*from, {.limit = 1000}, [&](Prediction& prediction) {
    waiting.push_back(std::move(prediction));
    if (waiting.size() == kTogether) hand_over();
    return true;
  });
  hand_over();
  fmt::print("{} read, {} added, {} were there already\n", added + present, added, present);
  return 0;
}

}  // namespace

Command add_records(CLI::App& program) {
  CLI::App* command = program.add_subcommand("records", "Look at what was recorded, and move it from store to store");
  auto options = std::make_shared<ListOptions>();
  command->add_option("--user", options->user, "Only this user's; empty: nobody's");
  command->add_option("--of-model", options->model, "Only this model's");
  command->add_option("--result", options->result, "Only with this result; empty: only those without one");
  command->add_option("--from", options->from, "Only from this time on (UTC unless it says otherwise)");
  command->add_option("--to", options->to, "Only before this time");
  command->add_option("--limit", options->limit, "At most so many, the newest first")
      ->check(CLI::Range(1UL, 1'000'000'000UL))
      ->capture_default_str();
  command->add_flag("--all", options->all, "All of them");
  command->add_option("--format", options->format, "table, json (an object a line) or csv")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->capture_default_str();
  const std::vector<std::string_view> keys{"data",
                                           "records",
                                           "cassandra-user",
                                           "cassandra-tls",
                                           "cassandra-key",
                                           "cassandra-authorities",
                                           "cassandra-certificate"};
  auto flags = std::make_shared<SettingFlags>(*command, keys);

  CLI::App* schema =
      command->add_subcommand("schema", "Print the CQL that makes the tables of the record store in Cassandra");
  CLI::App* import =
      command->add_subcommand("import", "Copy the records of another store into this one; it may be repeated");
  auto from = std::make_shared<std::string>();
  import->add_option("--from", *from, "The other store: sqlite:PATH or cassandra://HOSTS/KEYSPACE")->required();
  command->require_subcommand(0, 1);
  return [=] {
    const Settings settings = flags->read();
    if (schema->parsed()) return print_schema(settings);
    if (import->parsed()) return import_all(*from, settings);
    return list(*options, *command, settings);
  };
}

}  // namespace vidi::app
