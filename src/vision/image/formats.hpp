#pragma once
// The formats that vidi reads: one table. Messages, the endings of file names and media types come from it, so that
// none of them can forget a format. Each format is described in the file that decodes it. Thread-safe.

#include <array>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "core/result.hpp"

namespace vidi::image {

class PictureReader;

enum class FormatKind {
  picture,   // one picture, as cameras and drawing programs write it
  text,      // one picture, written as numbers
  document,  // pages, which documents/pdf.hpp renders to pictures
};

struct Format {
  std::string_view name;                      // "PNG"
  std::string_view media_type;                // "image/png"
  std::span<const std::string_view> endings;  // of file names, in lower case; new files get the first
  FormatKind kind = FormatKind::picture;
  std::string_view hint;  // what a message adds to the name when it asks for such a file

  // Whether the bytes, of which there may be few or none, begin as such a file.
  bool (*sniff)(ByteView bytes) = nullptr;

  // Reads what stands before the pixels, and allocates nothing that grows with the file. The bytes must outlive the
  // reader. Error: undecodable. Null for a document.
  Result<std::unique_ptr<PictureReader>> (*open)(ByteView bytes) = nullptr;
};

extern const Format kPng;
extern const Format kJpeg;
extern const Format kGif;
extern const Format kBmp;
extern const Format kPdf;
extern const Format kTxt;

// They are tried in this order; TXT is the last since almost any text could be one.
inline constexpr std::array kFormats{&kPng, &kJpeg, &kGif, &kBmp, &kPdf, &kTxt};

// Which format the bytes begin as; null when it is none of the table. A text is taken for a TXT when it begins with a
// number.
const Format* sniff(ByteView bytes);

// The format that a file name's ending stands for, in lower case and without the dot; null for other kinds of file.
const Format* format_of_ending(std::string_view ending);

// Of all formats, in the table's order: "png", "jpg", "jpeg" and so on.
std::vector<std::string> known_endings();

// The formats of those kinds as a message asks for them: "PNG, JPEG, GIF, or BMP".
std::string expected_formats(std::initializer_list<FormatKind> kinds);

}  // namespace vidi::image
