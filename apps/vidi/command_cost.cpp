#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <stdexcept>
#include <string>

#include "commands.hpp"
#include "costs/bill.hpp"

namespace vidi::app {
namespace {

namespace fs = std::filesystem;

struct CostOptions {
  std::string prices;
  std::string source;
  bool json = false;
};

std::string read_manifest(const std::string& source) {
  if (source == "-") return {std::istreambuf_iterator<char>(std::cin), std::istreambuf_iterator<char>()};
  if (source.starts_with("s3://")) {
    throw std::runtime_error(fmt::format(
        "{} is in S3: fetch its manifest.json and give the file, or - for standard input, instead of it", source));
  }
  const fs::path path = fs::is_directory(source) ? fs::path(source) / "manifest.json" : fs::path(source);
  std::ifstream file(path, std::ios::binary);
  if (!file)
    throw std::runtime_error(fmt::format("{} cannot be opened: expected what `vidi features` wrote", path.string()));
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

int print_bill(const CostOptions& options) {
  const auto prices = costs::read_prices(options.prices);
  if (!prices) throw std::runtime_error(prices.error().message);
  const auto usage = costs::parse_usage(read_manifest(options.source), options.source);
  if (!usage) throw std::runtime_error(usage.error().message);
  const costs::Bill bill = costs::make_bill(*usage, *prices);
  fmt::print("{}", options.json ? costs::to_json(bill) : costs::to_text(bill));
  return 0;
}

}  // namespace

Command add_cost(CLI::App& program) {
  CLI::App* command = program.add_subcommand("cost", "Print what a job of features cost, line by line");
  auto options = std::make_shared<CostOptions>();
  command->add_option("OUT", options->source, "Folder that the job wrote, its manifest.json, or - for standard input")
      ->required();
  command->add_option("--prices", options->prices, "File of prices, in TOML: docs/cost.md has one")
      ->required()
      ->type_name("FILE.toml");
  command->add_flag("--json", options->json, "JSON instead");
  return [options] { return print_bill(*options); };
}

}  // namespace vidi::app
