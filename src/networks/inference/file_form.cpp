#include "inference/file_form.hpp"

#include <algorithm>

namespace vidi::inference {

FileForm form_of(std::string_view path) {
  // The last entry has no ending, so one is always found.
  return std::ranges::find_if(kFileForms, [&](const FileFormEntry& each) { return path.ends_with(each.ending); })
      ->value;
}

std::string_view platform_name(FileForm form) {
  return std::ranges::find(kFileForms, form, &FileFormEntry::value)->platform;
}

}  // namespace vidi::inference
