#include "telemetry/process_metrics.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "files/read_file.hpp"

namespace vidi::telemetry {
namespace {

// Fields of /proc/self/stat by the numbers that proc(5) gives them.
enum class Field { threads = 20, start_time = 22, virtual_bytes = 23, resident_pages = 24 };

double stat_field(Field field) {
  const auto bytes = files::read_file("/proc/self/stat");
  if (!bytes) return 0;
  const std::string_view text = as_text(*bytes);
  // The second field is the program's name, which may hold anything: the third begins behind the last parenthesis.
  const std::size_t end_of_name = text.rfind(')');
  if (end_of_name == std::string_view::npos) return 0;
  std::istringstream rest{std::string(text.substr(end_of_name + 1))};
  std::string value;
  for (int i = 3; i <= static_cast<int>(field); ++i) rest >> value;
  return std::strtod(value.c_str(), nullptr);
}

double processor_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double open_descriptors() {
  std::error_code error;
  const std::filesystem::directory_iterator entries("/proc/self/fd", error);
  const auto count = error ? 0 : std::distance(begin(entries), end(entries));
  return count > 0 ? static_cast<double>(count - 1) : 0;  // without the one that reads the folder
}

double most_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

// Since 1970: the system's start, and the ticks from then to the process' start.
double start_seconds() {
  std::ifstream file("/proc/stat");
  std::string word;
  double boot = 0;
  while (file >> word) {
    if (word == "btime") {
      file >> boot;
      break;
    }
  }
  return boot + stat_field(Field::start_time) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

}  // namespace

std::vector<Registry::Subscription> watch_process(Registry& registry) {
  std::vector<Registry::Subscription> subscriptions;
  const auto add = [&](const char* name, const char* help, Kind kind, double (*read)()) {
    const Description description{.name = name, .help = help};
    subscriptions.push_back(registry.watch(description, kind, [read] { return std::vector<Sample>{{{}, read()}}; }));
  };
  add("process_cpu_seconds_total", "Processor time, user and system.", Kind::counter, &processor_seconds);
  add("process_resident_memory_bytes", "Memory that is in use.", Kind::gauge,
      [] { return stat_field(Field::resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)); });
  add("process_virtual_memory_bytes", "Addresses that are in use.", Kind::gauge,
      [] { return stat_field(Field::virtual_bytes); });
  add("process_open_fds", "Open file descriptors.", Kind::gauge, &open_descriptors);
  add("process_max_fds", "How many file descriptors may be open.", Kind::gauge, &most_descriptors);
  add("process_start_time_seconds", "When the process started, in seconds since 1970.", Kind::gauge, &start_seconds);
  add("process_threads", "Threads.", Kind::gauge, [] { return stat_field(Field::threads); });
  return subscriptions;
}

}  // namespace vidi::telemetry
