#include "recipes/checkpoint.hpp"

#include <fmt/format.h>

#include <bit>
#include <cstring>
#include <sstream>
#include <string_view>
#include <utility>

#include "core/digest.hpp"
#include "files/atomic_file.hpp"
#include "files/file.hpp"
#include "files/read_file.hpp"

namespace vidi::recipes {
namespace {

namespace fs = std::filesystem;

static_assert(std::endian::native == std::endian::little);

constexpr std::string_view kFirstLine = "vidi checkpoint 1";

std::string header_of(std::string_view training, std::size_t step, std::span<const NamedValues> state) {
  std::string header = fmt::format("{}\ntraining {}\nstep {}\n", kFirstLine, training, step);
  for (const NamedValues& part : state) header += fmt::format("values {} {}\n", part.name, part.values.size());
  return header + '\n';
}

std::string_view text_of(std::span<const float> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

std::string digest_of(std::string_view text) {
  const Digest digest = sha256(as_bytes(text));
  return {reinterpret_cast<const char*>(digest.bytes.data()), digest.bytes.size()};
}

constexpr std::size_t kDigestBytes = sizeof(Digest::bytes);

// The value of the header's line that begins with `key`.
std::optional<std::string> line_of(std::string_view text, std::string_view key) {
  std::istringstream lines{std::string(text.substr(0, text.find("\n\n")))};
  const std::string start = fmt::format("{} ", key);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with(start)) return line.substr(start.size());
  }
  return std::nullopt;
}

}  // namespace

CheckpointFile::CheckpointFile(fs::path path, std::string training)
    : path_(std::move(path)), training_(std::move(training)) {}

Result<std::optional<std::size_t>> CheckpointFile::load(std::span<const NamedValues> state) const {
  const auto bytes = files::read_file(path_);
  if (!bytes) return std::nullopt;
  const std::string_view file = as_text(*bytes);
  const auto damaged = [&] {
    return fail(ErrorCode::undecodable,
                fmt::format("the checkpoint {} is damaged; remove it to train from the beginning", path_.string()));
  };
  if (!file.starts_with(kFirstLine) || file.size() < kDigestBytes) return damaged();
  const std::string_view content = file.substr(0, file.size() - kDigestBytes);
  if (digest_of(content) != file.substr(content.size())) return damaged();
  const std::string found = line_of(content, "training").value_or("");
  if (found != training_) {
    return fail(ErrorCode::conflict,
                fmt::format("the checkpoint {} is of another training.\n  it is of:  {}\n  this is:   {}\nRun that "
                            "command to go on from it, or remove the file to train from the beginning.",
                            path_.string(), found, training_));
  }
  const std::size_t step = std::strtoull(line_of(content, "step").value_or("").c_str(), nullptr, 10);
  const std::string header = header_of(training_, step, state);
  std::size_t size = header.size();
  for (const NamedValues& part : state) size += part.values.size_bytes();
  if (!content.starts_with(header) || content.size() != size) return damaged();
  const char* from = content.data() + header.size();
  for (const NamedValues& part : state) {
    std::memcpy(part.values.data(), from, part.values.size_bytes());
    from += part.values.size_bytes();
  }
  return step;
}

Result<void> CheckpointFile::save(std::size_t step, std::span<const NamedValues> state) const {
  std::string content = header_of(training_, step, state);
  for (const NamedValues& part : state) content += text_of(part.values);
  content += digest_of(content);
  const fs::path folder = fs::absolute(path_).parent_path();
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return std::unexpected(files::explain_with_path({.code = error.value()}, folder));
  // The same name each time: what a kill leaves of it is written over.
  const auto written = files::write_whole(path_, as_bytes(content), {.temporary = unfinished(), .mode = 0666});
  if (!written) return std::unexpected(files::explain_with_path(written.error(), path_));
  return {};
}

void CheckpointFile::remove() const {
  std::error_code ignored;
  fs::remove(path_, ignored);
  fs::remove(unfinished(), ignored);
}

fs::path CheckpointFile::unfinished() const { return path_.string() + ".new"; }

}  // namespace vidi::recipes
