#pragma once
// Where a training that was ended before its time goes on from.

#include <cstddef>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "core/result.hpp"

namespace vidi::recipes {

// Numbers that a training changes, in the memory in which it keeps them.
struct NamedValues {
  std::string name;
  std::span<float> values;
};

// A file with the state of a training after one of its steps. One thread, one process at a time.
//
// Format: lines of text that end with an empty one, then the values of all names as 32-bit floats, least significant
// byte first, then the SHA-256 of everything before it.
//
//     vidi checkpoint 1
//     training <what is trained, in one line>
//     step <steps done>
//     values <name> <count>
class CheckpointFile {
 public:
  // `training` says what is trained, on what and how; a file of another training is refused.
  CheckpointFile(std::filesystem::path path, std::string training);

  // Fills `state` and returns the number of steps done; absent when there is no file.
  // Errors: conflict (the file is of another training), undecodable (it is damaged). `state` is then unchanged.
  Result<std::optional<std::size_t>> load(std::span<const NamedValues> state) const;

  // Replaces the file; a process that is killed meanwhile leaves the old one. Error: internal.
  Result<void> save(std::size_t step, std::span<const NamedValues> state) const;

  void remove() const;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  [[nodiscard]] std::filesystem::path unfinished() const;

  std::filesystem::path path_;
  std::string training_;
};

}  // namespace vidi::recipes
