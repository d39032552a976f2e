#include "samples/fonts.hpp"

#include <fmt/format.h>
#include <ft2build.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <opencv2/imgproc.hpp>
#include <optional>
#include <span>
#include <string_view>
#include FT_FREETYPE_H

namespace vidi::samples {
namespace {

namespace fs = std::filesystem;

constexpr int kPixels = 72;  // of the em; what is drawn larger is enlarged

// What a person may take for a digit when it stands alone is left out: O o D Q (0), I l i j | / ( [ (1), Z z (2),
// S s $ (5), b G (6), T J (7), B & (8), g q (9), and their likes in other scripts.
constexpr std::u32string_view kOthers =
    U"ACEFHKLMNPRUVWXY"
    U"acdefhkmnprtuvwxy"
    U"#%*+<=>@~^€£"
    U"ΓΔΛΞΠΣΨΩαελμπψω"
    U"ГДЖИЛПФЦШЩЯжикмнптфцшщ"
    U"あいうおかきくけさしたなにぬねのはひふまみむめもやゆれわウオカキサシテナニネハヒホマムモヤヨルレ"
    U"一二三十人大小中田月木火水上下本";

// Fonts whose letters are no letters, and outlines or boxes instead of strokes.
constexpr std::array<std::string_view, 14> kUnusual{
    "Dingbats",      "Symbol",         "Wargames", "winks", "Penguin", "Initials", "Keyboard",
    "LinBiolinum_K", "LinLibertine_I", "OCRBE",    "OCRBF", "OCRBX",   "DSEG14",   "Mini"};

constexpr std::array<std::string_view, 19> kHandwriting{
    "BecauseWe", "Breip",   "breip",     "Chilanka", "ComicNeue",  "DancingScript", "Delphine",
    "Domestic",  "dkg",     "Ecolier",   "Humor",    "Junkyard",   "Kaushan",       "Kristi",
    "Rufscript", "SteveHa", "TomsonTal", "Yusei",    "femkeklaver"};

bool has_any(std::string_view name, std::span<const std::string_view> parts) {
  return std::ranges::any_of(parts, [&](std::string_view part) { return name.find(part) != std::string_view::npos; });
}

struct FontLibraryCloser {
  void operator()(FT_Library library) const { FT_Done_FreeType(library); }
};
struct FaceCloser {
  void operator()(FT_Face face) const { FT_Done_Face(face); }
};
using FontLibrary = std::unique_ptr<std::remove_pointer_t<FT_Library>, FontLibraryCloser>;
using Face = std::unique_ptr<std::remove_pointer_t<FT_Face>, FaceCloser>;

// Absent when the font has no such character, or nothing is drawn for it.
std::optional<Glyph> draw(FT_Face face, char32_t character) {
  const FT_UInt index = FT_Get_Char_Index(face, character);
  if (index == 0 || FT_Load_Glyph(face, index, FT_LOAD_RENDER | FT_LOAD_NO_HINTING) != 0) return std::nullopt;
  const FT_Bitmap& bitmap = face->glyph->bitmap;
  if (bitmap.pixel_mode != FT_PIXEL_MODE_GRAY || bitmap.width < 2 || bitmap.rows < 2) return std::nullopt;
  const cv::Mat view(static_cast<int>(bitmap.rows), static_cast<int>(bitmap.width), CV_8UC1, bitmap.buffer,
                     static_cast<std::size_t>(bitmap.pitch));
  const cv::Rect box = cv::boundingRect(view);
  if (box.empty()) return std::nullopt;
  return Glyph{.ink = view(box).clone(), .character = character};
}

bool same(const Glyph& a, const Glyph& b) {
  return a.ink.size() == b.ink.size() && cv::norm(a.ink, b.ink, cv::NORM_INF) == 0;
}

// Absent unless the font has ten digits that differ, and letters.
std::optional<Font> draw_font(FT_Library library, const fs::path& path) {
  FT_Face opened = nullptr;
  if (FT_New_Face(library, path.c_str(), 0, &opened) != 0) return std::nullopt;
  const Face face(opened);
  if (!FT_IS_SCALABLE(opened) || FT_Set_Pixel_Sizes(opened, 0, kPixels) != 0) return std::nullopt;
  Font font{.name = path.filename().string()};
  font.handwriting = has_any(font.name, kHandwriting);
  for (char32_t digit = U'0'; digit <= U'9'; ++digit) {
    auto glyph = draw(opened, digit);
    if (!glyph || (!font.digits.empty() && same(*glyph, font.digits.back()))) return std::nullopt;
    glyph->label = static_cast<std::uint8_t>(digit - U'0');
    font.digits.push_back(std::move(*glyph));
  }
  for (const char32_t character : kOthers) {
    if (auto glyph = draw(opened, character)) font.others.push_back(std::move(*glyph));
  }
  if (font.others.size() < 20) return std::nullopt;
  return font;
}

std::vector<fs::path> font_files(const std::vector<fs::path>& folders) {
  std::vector<fs::path> files;
  for (const fs::path& folder : folders) {
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder, error)) {
      const std::string extension = entry.path().extension().string();
      if (extension != ".ttf" && extension != ".otf") continue;
      if (!has_any(entry.path().filename().string(), kUnusual)) files.push_back(entry.path());
    }
  }
  std::ranges::sort(files, {}, [](const fs::path& path) { return path.filename(); });
  const auto twice = std::ranges::unique(files, {}, [](const fs::path& path) { return path.stem(); });
  files.erase(twice.begin(), twice.end());
  return files;
}

// "LinLibertine" of "LinLibertine_RBI.otf", "DejaVuSans" of "DejaVuSans-Bold.ttf"
std::string family(const fs::path& path) {
  const std::string stem = path.stem().string();
  return stem.substr(0, stem.find_first_of("-_"));
}

}  // namespace

std::vector<fs::path> default_font_folders() { return {"/usr/share/fonts/truetype", "/usr/share/fonts/opentype"}; }

Result<std::vector<Font>> load_fonts(const std::vector<fs::path>& folders, std::size_t per_family) {
  FT_Library started = nullptr;
  if (FT_Init_FreeType(&started) != 0) return fail(ErrorCode::internal, "FreeType cannot start");
  const FontLibrary library(started);
  std::vector<Font> fonts;
  std::map<std::string, std::size_t> counts;
  for (const fs::path& file : font_files(folders)) {
    if (counts[family(file)] == per_family) continue;
    auto font = draw_font(started, file);
    if (!font) continue;
    ++counts[family(file)];
    fonts.push_back(std::move(*font));
  }
  if (fonts.empty()) {
    return fail(ErrorCode::not_found, "no font with digits was found; `scripts/setup.sh train` installs some");
  }
  return fonts;
}

}  // namespace vidi::samples
