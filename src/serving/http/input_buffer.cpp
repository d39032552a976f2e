#include "http/input_buffer.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace vidi::http {

InputBuffer::InputBuffer(std::size_t capacity)
    : memory_(std::make_unique_for_overwrite<char[]>(capacity)), first_capacity_(capacity), capacity_(capacity) {}

bool InputBuffer::make_room(std::size_t max_capacity) {
  if (capacity_ - end_ >= capacity_ / 2) return true;
  if (begin_ > 0) {
    std::memmove(memory_.get(), memory_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    return true;
  }
  if (end_ < capacity_) return true;
  if (capacity_ >= max_capacity) return false;
  reallocate(std::min(2 * capacity_, max_capacity));
  return true;
}

void InputBuffer::assign(std::string_view bytes) {
  rewind(0);
  if (capacity_ < bytes.size()) reallocate(bytes.size());
  std::copy(bytes.begin(), bytes.end(), memory_.get());
  end_ = bytes.size();
}

void InputBuffer::shrink() {
  if (begin_ != end_) return;
  rewind(0);
  if (capacity_ > first_capacity_) reallocate(first_capacity_);
}

void InputBuffer::reallocate(std::size_t capacity) {
  auto memory = std::make_unique_for_overwrite<char[]>(capacity);
  std::copy_n(memory_.get() + begin_, end_ - begin_, memory.get());
  end_ -= begin_;
  begin_ = 0;
  memory_ = std::move(memory);
  capacity_ = capacity;
}

}  // namespace vidi::http
