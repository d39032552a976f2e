// Standard scaler and principal components of a file of floats, for benchmarks/pca.py.
//   pca_benchmark FILE --columns 2048 [--components 100] [--threads 2] [--ratios FILE]
// Prints the seconds of each part as JSON. --ratios gets the explained variance ratios, as doubles.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "statistics/pca.hpp"

namespace {

using namespace vidi::statistics;

struct Options {
  std::string file;
  std::string ratios;
  std::size_t columns = 2048;
  std::size_t components = 100;
  std::size_t threads = 2;
};

std::vector<float> read_floats(const std::string& path) {
  std::vector<float> values(std::filesystem::file_size(path) / sizeof(float));
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(values.data()), static_cast<std::streamsize>(values.size() * sizeof(float)));
  return values;
}

// Seconds since it was last asked.
class Watch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    return seconds;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

vidi::Result<void> measure(const Options& options, std::vector<float>& values) {
  const std::size_t rows = values.size() / options.columns;
  const FloatRows table{.values = values.data(), .count = rows, .columns = options.columns};
  Watch watch;
  auto moments = Moments::create(options.columns);
  if (!moments) return vidi::forward_error(moments);
  if (auto done = moments->update(table, options.threads); !done) return done;
  const double counting = watch.lap();
  const auto scaler = StandardScaler::from(*moments);
  auto scaled =
      scaler->transform({.values = values.data(), .count = rows, .columns = options.columns}, options.threads);
  if (!scaled) return scaled;
  const double scaling = watch.lap();
  auto pca = Pca::fit(*moments, *scaler, {.components = options.components, .threads = options.threads});
  if (!pca) return vidi::forward_error(pca);
  const double fitting = watch.lap();
  std::vector<float> reduced(rows * options.components);
  if (auto done = pca->transform(table, reduced, options.threads); !done) return done;
  fmt::print("{{\"moments\":{},\"scale\":{},\"pca\":{},\"reduce\":{}}}\n", counting, scaling, fitting, watch.lap());
  if (!options.ratios.empty()) {
    const auto bytes = std::as_bytes(pca->explained_variance_ratio());
    std::ofstream(options.ratios, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Standard scaler and principal components of a file of floats");
  app.add_option("file", options.file)->required()->check(CLI::ExistingFile);
  app.add_option("--columns", options.columns)->check(CLI::PositiveNumber);
  app.add_option("--components", options.components);
  app.add_option("--threads", options.threads);
  app.add_option("--ratios", options.ratios);
  CLI11_PARSE(app, argc, argv);
  std::vector<float> values = read_floats(options.file);
  const auto measured = measure(options, values);
  if (!measured) fmt::print(stderr, "{}\n", measured.error().message);
  return measured ? EXIT_SUCCESS : EXIT_FAILURE;
}
