#pragma once
// The functions of PDFium that are used, as its public headers declare them (fpdfview.h, fpdf_formfill.h). The library
// comes without headers, and is loaded at run time. One thread.

#include <cstddef>
#include <filesystem>
#include <optional>

namespace vidi::documents {

// Types that PDFium keeps to itself.
struct FpdfDocument;
struct FpdfPage;
struct FpdfBitmap;
struct FpdfForm;

// FPDF_GetLastError
enum class FpdfError : unsigned long { none = 0, unknown = 1, file = 2, format = 3, password = 4, security = 5 };

// FPDFBitmap_CreateEx, FPDF_RenderPageBitmap
constexpr int kBitmapOfThreeBytes = 2;   // FPDFBitmap_BGR
constexpr int kWithAnnotations = 0x01;   // FPDF_ANNOT
constexpr int kRedFirst = 0x10;          // FPDF_REVERSE_BYTE_ORDER
constexpr int kSmallImageCache = 0x200;  // FPDF_RENDER_LIMITEDIMAGECACHE

struct FpdfSize {  // FS_SIZEF, in points: 1/72 inch
  float width = 0;
  float height = 0;
};

struct FpdfLibraryConfig {  // FPDF_LIBRARY_CONFIG, version 2
  int version = 2;
  const char** user_font_paths = nullptr;
  void* isolate = nullptr;
  unsigned v8_embedder_slot = 0;
};

struct FpdfFormFillInfo {  // FPDF_FORMFILLINFO: callbacks, of which none is set
  int version = 2;
  void* callbacks[63] = {};
};

struct PdfiumLibrary {
  void (*init)(const FpdfLibraryConfig*) = nullptr;
  FpdfDocument* (*load_document)(const void* bytes, std::size_t size, const char* password) = nullptr;
  unsigned long (*last_error)() = nullptr;
  int (*page_count)(FpdfDocument*) = nullptr;
  int (*page_size)(FpdfDocument*, int index, FpdfSize*) = nullptr;
  FpdfPage* (*load_page)(FpdfDocument*, int index) = nullptr;
  void (*close_page)(FpdfPage*) = nullptr;
  FpdfBitmap* (*make_bitmap)(int width, int height, int format, void* pixels, int row_bytes) = nullptr;
  void (*destroy_bitmap)(FpdfBitmap*) = nullptr;
  void (*render)(FpdfBitmap*, FpdfPage*, int x, int y, int width, int height, int rotation, int flags) = nullptr;
  int (*form_type)(FpdfDocument*) = nullptr;
  FpdfForm* (*open_form)(FpdfDocument*, FpdfFormFillInfo*) = nullptr;
  void (*after_load)(FpdfPage*, FpdfForm*) = nullptr;
  void (*before_close)(FpdfPage*, FpdfForm*) = nullptr;
  void (*draw_form)(FpdfForm*, FpdfBitmap*, FpdfPage*, int x, int y, int width, int height, int rotation,
                    int flags) = nullptr;

  // Loaded for the rest of the process, and made ready without the system's fonts. Absent: there is no such library, or
  // it lacks a function.
  static std::optional<PdfiumLibrary> load(const std::filesystem::path& path);
};

}  // namespace vidi::documents
