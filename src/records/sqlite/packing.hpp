#pragma once
// Candidates and digits as one compact blob each; docs/formats/records.md describes them.

#include <optional>
#include <vector>

#include "core/bytes.hpp"
#include "records/prediction.hpp"

namespace vidi::records::sqlite {

// Into `blob`, in place of what it held: its memory is used again and again.
void pack(const std::vector<Candidate>& candidates, Bytes& blob);
void pack(const std::vector<Digit>& digits, Bytes& blob);

// Absent: the blob is damaged.
std::optional<std::vector<Candidate>> unpack_candidates(ByteView blob);
std::optional<std::vector<Digit>> unpack_digits(ByteView blob);

}  // namespace vidi::records::sqlite
