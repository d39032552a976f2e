#pragma once
// The bytes a connection has received and not used yet, in one piece of memory.

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace vidi::http {

class InputBuffer {
 public:
  explicit InputBuffer(std::size_t capacity);

  [[nodiscard]] std::string_view available() const { return {memory_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] std::span<char> room() { return {memory_.get() + end_, capacity_ - end_}; }
  [[nodiscard]] std::size_t position() const { return begin_; }

  void commit(std::size_t size) { end_ += size; }     // so many bytes were written to the front of room()
  void consume(std::size_t size) { begin_ += size; }  // so many bytes of available() are used
  // All is used: what comes next is put behind `position`, where an earlier position() was.
  void rewind(std::size_t position) { begin_ = end_ = position; }

  // Makes room() not empty by moving or growing the memory, which ends the views into it. False when available() has
  // reached `max_capacity`.
  bool make_room(std::size_t max_capacity);

  // Holds `bytes`, which are not its own, and nothing else.
  void assign(std::string_view bytes);

  // Back to the first capacity, when nothing is available.
  void shrink();

 private:
  void reallocate(std::size_t capacity);

  std::unique_ptr<char[]> memory_;
  std::size_t first_capacity_;
  std::size_t capacity_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace vidi::http
