#pragma once
// How exactly a network is computed. A precision is a value of the enum and a line of the table: help, errors, files
// and what Python takes are read from there.

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace vidi::inference {

enum class Precision {
  f32,
  bf16,  // products of numbers with 8 binary digits, sums in float32: probabilities differ by about 0.01. f32 where the
         // device cannot do it.
  int8,  // products of whole numbers of 8 bits, whose ranges are found with pictures; layers that gain nothing by it
         // are bf16. Picture networks only (picture_network.hpp).
};

struct PrecisionEntry {
  Precision value;
  std::string_view name;
  bool is_calibrated;  // its ranges are found with pictures, which a served network does not have
};

inline constexpr std::array<PrecisionEntry, 3> kPrecisions{
    {{Precision::f32, "f32", false}, {Precision::bf16, "bf16", false}, {Precision::int8, "int8", true}}};

const PrecisionEntry& entry_of(Precision precision);

std::string_view precision_name(Precision precision);

// Absent: no precision has that name.
std::optional<Precision> precision_named(std::string_view name);

// For people: "f32, bf16 and int8", with that word before the last.
std::string precision_list(std::string_view before_last);

// The same for those that a served network can be computed in: "f32 or bf16".
std::string served_precision_list(std::string_view before_last);

}  // namespace vidi::inference
