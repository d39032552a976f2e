#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "commands/commands.hpp"
#include "core/value_of.hpp"
#include "labeled_sets/export.hpp"
#include "maintenance/record_access.hpp"
#include "maintenance/record_listing.hpp"
#include "maintenance/record_transfer.hpp"
#include "records/open.hpp"
#include "registry/registry.hpp"
#include "settings/program_settings.hpp"
#include "settings/stores.hpp"

namespace vidi::app {
namespace {

struct Filters {
  std::string user;
  std::string model;
  std::string result;
  std::string from;
  std::string to;
  std::size_t limit = 50;
  bool all = false;
};

struct ListOptions {
  Filters filters;
  std::string format = "table";
  std::string out;
};

struct ImportOptions {
  std::string file;
  std::string from;
  std::string to;
  bool plain_table = false;
};

struct ExportOptions {
  std::string format;
  std::string folder;
  bool corrected = false;
  unsigned test_percent = 15;
};

constexpr std::array kFilters{"--user", "--of-model", "--result", "--from", "--to", "--limit", "--all"};

Timestamp time_of(const std::string& text) {
  if (const auto time = parse_timestamp(text)) return *time;
  throw std::runtime_error(fmt::format("'{}' is not a time; expected one such as 2019-01-29T16:55:06Z", text));
}

records::Query query_of(Command command, const Filters& filters) {
  records::Query query;
  if (command.is_given("--user")) query.user = filters.user;
  if (command.is_given("--of-model")) query.model = filters.model;
  if (command.is_given("--result")) query.result = filters.result;
  if (command.is_given("--from")) query.from = time_of(filters.from);
  if (command.is_given("--to")) query.to = time_of(filters.to);
  return query;
}

// What would do nothing must not be taken for done.
void refuse(Command command, const std::string& name, const std::string& where) {
  if (command.is_given(name)) throw std::runtime_error(fmt::format("{} is nothing for `vidi records {}`", name, where));
}

void refuse_listing(Command command, const std::string& where) {
  for (const char* name : {"--format", "--out"}) refuse(command, name, where);
}

int list(Command command, const ListOptions& options, const Settings& settings) {
  if ((options.format == "parquet") == options.out.empty()) {
    throw std::runtime_error("--format parquet and --out FILE belong together: give both or neither");
  }
  maintenance::check_records_exist(records_url(settings), secrets_of(settings));
  const auto store = open_records(settings);
  maintenance::wait_until_ready(*store);
  const maintenance::Listing listing{.query = query_of(command, options.filters),
                                     .most = options.filters.all ? SIZE_MAX : options.filters.limit,
                                     .format = options.format,
                                     .file = options.out};
  maintenance::list_records(*store, listing, [](std::string_view text) { fmt::print("{}", text); });
  return 0;
}

std::string forms_with_schema() {
  return registry::forms(records::kinds(), "or", [](const records::Kind& kind) { return kind.schema != nullptr; });
}

int print_schema(const Settings& settings) {
  const std::string url = records_url(settings);
  const auto schema = records::kind_of(url).schema;
  if (schema == nullptr) {
    throw std::runtime_error(fmt::format("the records are in {}, for which nobody has to make tables; {} has a schema",
                                         url, forms_with_schema()));
  }
  for (const std::string& statement : schema(url)) fmt::print("{};\n", statement);
  return 0;
}

void refuse_what_ends_with_its_process(const std::string& url) {
  const registry::Traits& kind = records::kind_of(url).traits;
  if (kind.ends_with_process) {
    throw std::runtime_error(fmt::format(
        "{}: ends with its process: there is nothing in it to import, and nobody to import for", kind.scheme));
  }
}

// One line for a terminal, whatever it holds.
std::string shown(const std::string& text) {
  constexpr std::size_t kMost = 80;
  std::string line = text.substr(0, kMost);
  std::ranges::replace_if(line, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
  return line;
}

maintenance::PredictionSource source_of(const ImportOptions& options, const Settings& settings,
                                        maintenance::PlainTableCounts& counts) {
  if (options.file.empty() == options.from.empty()) {
    throw std::runtime_error("import needs either a Parquet file or --from URL");
  }
  if (options.plain_table) {
    if (options.from.empty())
      throw std::runtime_error(fmt::format("--plain-table needs --from {}", maintenance::plain_tables()));
    return maintenance::read_plain_table(options.from, secrets_of(settings), counts);
  }
  if (!options.file.empty()) return maintenance::read_file(options.file);
  refuse_what_ends_with_its_process(options.from);
  if (options.from == records_url(settings)) {
    throw std::runtime_error(fmt::format("{} is imported into itself: name another store with --to", options.from));
  }
  return maintenance::read_store(options.from, secrets_of(settings));
}

int import(const ImportOptions& options, Settings settings) {
  if (!options.to.empty()) check_done(settings.set("records", options.to, "--to"));
  refuse_what_ends_with_its_process(records_url(settings));
  maintenance::PlainTableCounts rows;
  rows.on_unreadable = [](const std::string& time) {
    fmt::print(stderr, "'{}' is no time from 1970 on: its row is left out\n", shown(time));
  };
  const maintenance::PredictionSource source = source_of(options, settings, rows);
  const auto store = open_records(settings);
  maintenance::wait_until_ready(*store);
  const maintenance::ImportCounts counts = maintenance::import_predictions(source, *store);
  fmt::print("{} read, {} added, {} corrected, {} were there already\n", counts.read, counts.added, counts.corrected,
             counts.present);
  if (options.plain_table) {
    fmt::print("{} more rows are vidi's own, {} have no time that can be read\n", rows.of_vidi, rows.unreadable);
  }
  return 0;
}

int export_set(Command command, const ListOptions& filters, const ExportOptions& options, const Settings& settings) {
  maintenance::check_records_exist(records_url(settings), secrets_of(settings));
  maintenance::check_objects_exist(objects_url(settings), secrets_of(settings));
  const auto records = open_records(settings);
  const auto objects = open_objects(settings);
  maintenance::wait_until_ready(*records);
  maintenance::wait_until_ready(*objects);
  const auto make_set = [&](const std::filesystem::path& folder) {
    if (options.format == "folders") return labeled_sets::make_folder_set(folder);
    if (options.format == "parquet") return labeled_sets::make_table_set(folder);
    labeled_sets::DigitSetOptions digits;
    digits.model = require_digits(open_models(settings), settings.text("model"));
    digits.limits = recognizer_options(settings).limits;
    digits.test_percent = options.test_percent;
    return labeled_sets::make_digit_set(folder, std::move(digits));
  };
  const labeled_sets::LabeledExport what{.query = query_of(command, filters.filters),
                                         .most = command.is_given("--limit") ? filters.filters.limit : SIZE_MAX,
                                         .corrected = options.corrected,
                                         .folder = options.folder};
  const auto exported = labeled_sets::export_labeled(
      *records, *objects, what, make_set,
      [](const Uuid& id, const std::string& why) { fmt::print(stderr, "{}: {}\n", to_string(id), why); });
  fmt::print("{}: {}; {}\n", options.folder, exported.written, labeled_sets::describe_left_out(exported));
  return 0;
}

void add_filters(Command command, Filters& filters) {
  command.option("--user", &filters.user, "Only this user's; empty: nobody's");
  command.option("--of-model", &filters.model, "Only this model's");
  command.option("--result", &filters.result, "Only with this result; empty: only those without one");
  command.option("--from", &filters.from, "Only from this time on (UTC unless it says otherwise)");
  command.option("--to", &filters.to, "Only before this time");
  command.option("--limit", &filters.limit, "At most so many, the newest; an export without it takes all")
      .range(1UL, 1'000'000'000UL)
      .show_default();
  command.flag("--all", &filters.all, "All of them");
}

std::string lasting_forms() {
  return registry::forms(records::kinds(), "or",
                         [](const records::Kind& kind) { return !kind.traits.ends_with_process; });
}

Command add_import(Command command, ImportOptions& options) {
  Command import = command.subcommand("import", "Copy predictions from elsewhere; it may be repeated");
  import.option("FILE", &options.file, "A Parquet file that --format parquet has written");
  import.option("--from", &options.from, fmt::format("Another store: {}", lasting_forms()));
  import.option("--to", &options.to, "The store that they are copied to; by default that of the setting `records`");
  import.flag("--plain-table", &options.plain_table,
              "Only the rows of the table demandtable that vidi has not written");
  import.fallthrough();
  return import;
}

Command add_export(Command command, ExportOptions& options) {
  Command set = command.subcommand("export", "Write pictures with their labels, to train on");
  set.option("DIR", &options.folder, "A folder that is missing or empty").required();
  set.option("--format", &options.format, "folders (DIR/LABEL/DIGEST.png), idx (MNIST's files) or parquet")
      .one_of({"folders", "idx", "parquet"})
      .required();
  set.flag("--corrected", &options.corrected, "Only those of which somebody has said what is right");
  set.option("--test-percent", &options.test_percent, "Of idx: how many are to test with, not to train on")
      .range(0U, 100U)
      .show_default();
  set.fallthrough();
  return set;
}

}  // namespace

Action add_records(Command program) {
  Command command = program.subcommand("records", "Look at what was recorded, and move it from store to store");
  const auto options = std::make_shared<ListOptions>();
  const auto import_options = std::make_shared<ImportOptions>();
  const auto export_options = std::make_shared<ExportOptions>();
  add_filters(command, options->filters);
  command.option("--format", &options->format, "table, json (an object a line), csv, or parquet with --out")
      .one_of({"table", "json", "csv", "parquet"})
      .show_default();
  command.option("--out", &options->out, "The file that --format parquet writes");
  auto flags = std::make_shared<SettingFlags>(command, with_secrets({"data", "records", "objects", "models", "model"}));

  Command schema = command.subcommand("schema", fmt::format("Print what makes the tables of {}", forms_with_schema()));
  Command import_command = add_import(command, *import_options);
  Command export_command = add_export(command, *export_options);
  command.allow_subcommand();
  return [=] {
    const Settings settings = flags->read();
    if (!schema.is_chosen() && !import_command.is_chosen() && !export_command.is_chosen()) {
      return list(command, *options, settings);
    }
    const std::string name = command.chosen_subcommand()->name();
    refuse_listing(command, name);
    if (export_command.is_chosen()) return export_set(command, *options, *export_options, settings);
    for (const char* filter : kFilters) refuse(command, filter, name);
    return import_command.is_chosen() ? import(*import_options, settings) : print_schema(settings);
  };
}

}  // namespace vidi::app
