#include <fmt/format.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "commands/commands.hpp"
#include "core/value_of.hpp"
#include "costs/bill.hpp"
#include "costs/estimate.hpp"
#include "files/read_file.hpp"

namespace vidi::app {
namespace {

namespace fs = std::filesystem;

struct CostOptions {
  std::string prices;
  std::vector<std::string> sources;
  std::uint64_t estimate = 0;  // pictures; 0: a bill
  std::uint64_t machines = 1;
  bool json = false;
};

std::string read_manifest(const std::string& source) {
  if (source == "-") {
    const auto bytes = files::read_rest(STDIN_FILENO);
    if (!bytes) throw std::runtime_error("standard input cannot be read");
    return std::string(as_text(*bytes));
  }
  if (source.starts_with("s3://")) {
    throw std::runtime_error(fmt::format(
        "{} is in S3: fetch its manifest.json and give the file, or - for standard input, instead of it", source));
  }
  const fs::path path = fs::is_directory(source) ? fs::path(source) / "manifest.json" : fs::path(source);
  const auto bytes = files::read_file(path);
  if (!bytes) {
    throw std::runtime_error(fmt::format("{} cannot be opened: expected what `vidi features` wrote", path.string()));
  }
  return std::string(as_text(*bytes));
}

void print_bill(const CostOptions& options, const costs::Prices& prices) {
  if (options.sources.size() > 1) {
    throw std::runtime_error(
        fmt::format("a bill is of one job, and there are {}: give one, or --estimate PICTURES to learn "
                    "from all of them",
                    options.sources.size()));
  }
  const std::string& source = options.sources.front();
  const costs::Bill bill = costs::make_bill(value_of(costs::parse_usage(read_manifest(source), source)), prices);
  fmt::print("{}", options.json ? costs::to_json(bill) : costs::to_text(bill));
}

void print_estimate(const CostOptions& options, const costs::Prices& prices) {
  std::vector<costs::MeasuredJob> jobs;
  for (const std::string& source : options.sources) {
    jobs.push_back(value_of(costs::parse_measured_job(read_manifest(source), source)));
  }
  const costs::CostModel model = value_of(costs::fit_cost_model(std::move(jobs)));
  const costs::Estimate estimate = costs::estimate(model, options.estimate, options.machines);
  const costs::Bill bill = costs::make_bill(estimate.usage, prices);
  fmt::print("{}", options.json ? costs::to_json(model, estimate, bill) : costs::to_text(model, estimate, bill));
}

int run_cost(const CostOptions& options) {
  const costs::Prices prices = value_of(costs::read_prices(options.prices));
  if (options.estimate == 0) {
    print_bill(options, prices);
  } else {
    print_estimate(options, prices);
  }
  return 0;
}

}  // namespace

Action add_cost(Command program) {
  Command command = program.subcommand("cost", "Print what a job of features cost, or what a larger one will");
  auto options = std::make_shared<CostOptions>();
  command
      .option("OUT", &options->sources,
              "Folder that the job wrote, its manifest.json, or - for standard input; several for --estimate")
      .required();
  command.option("--prices", &options->prices, "File of prices, in TOML: docs/how-to/cost.md has one")
      .required()
      .type_name("FILE.toml");
  const Option estimate = command.option("--estimate", &options->estimate, "What a job of so many pictures will cost")
                              .type_name("PICTURES")
                              .range(std::uint64_t{1}, std::uint64_t{1'000'000'000'000});
  command.option("--machines", &options->machines, "So many machines share the job")
      .needs(estimate)
      .type_name("N")
      .range(std::uint64_t{1}, std::uint64_t{1'000'000});
  command.flag("--json", &options->json, "JSON instead");
  return [options] { return run_cost(*options); };
}

}  // namespace vidi::app
