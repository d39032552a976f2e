#pragma once
// A running renderer: how it is started, listened to and ended. No thread may use one while another does.

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::documents {

// An owned file descriptor.
class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept;
  Descriptor& operator=(Descriptor&& other) noexcept;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor();

  [[nodiscard]] int number() const { return number_; }
  [[nodiscard]] bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

class RendererProcess {
 public:
  // Runs `program` with `arguments`, `input` as its standard input and an empty environment. `max_time` is what read()
  // may wait in all. Error unavailable: it cannot be started.
  static Result<std::unique_ptr<RendererProcess>> start(const std::filesystem::path& program,
                                                        const std::vector<std::string>& arguments, ByteView input,
                                                        std::chrono::milliseconds max_time);
  // Not a process but what one has written, for tests.
  static std::unique_ptr<RendererProcess> replay(Descriptor output, std::chrono::milliseconds max_time);

  RendererProcess(const RendererProcess&) = delete;
  RendererProcess& operator=(const RendererProcess&) = delete;
  RendererProcess(RendererProcess&&) = delete;
  RendererProcess& operator=(RendererProcess&&) = delete;
  // Kills it.
  ~RendererProcess();

  enum class Outcome {
    read,     // all of it
    ended,    // the process ended, or closed its output, before that
    too_slow  // max_time has passed
  };
  Outcome read(std::span<std::byte> bytes);

 private:
  RendererProcess(std::optional<pid_t> process, Descriptor output, std::chrono::milliseconds max_time)
      : process_(process), output_(std::move(output)), time_left_(max_time) {}

  std::optional<pid_t> process_;
  Descriptor output_;
  std::chrono::nanoseconds time_left_;
};

}  // namespace vidi::documents
