#include "documents/pdfium/library.hpp"

#include <dlfcn.h>

namespace vidi::documents {
namespace {

template <typename Function>
bool find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  return function != nullptr;
}

}  // namespace

std::optional<PdfiumLibrary> PdfiumLibrary::load(const std::filesystem::path& path) {
  void* const handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) return std::nullopt;
  PdfiumLibrary library;
  const bool complete =
      find(handle, "FPDF_InitLibraryWithConfig", library.init) &&
      find(handle, "FPDF_LoadMemDocument64", library.load_document) &&
      find(handle, "FPDF_GetLastError", library.last_error) && find(handle, "FPDF_GetPageCount", library.page_count) &&
      find(handle, "FPDF_GetPageSizeByIndexF", library.page_size) && find(handle, "FPDF_LoadPage", library.load_page) &&
      find(handle, "FPDF_ClosePage", library.close_page) && find(handle, "FPDFBitmap_CreateEx", library.make_bitmap) &&
      find(handle, "FPDFBitmap_Destroy", library.destroy_bitmap) &&
      find(handle, "FPDF_RenderPageBitmap", library.render) && find(handle, "FPDF_GetFormType", library.form_type) &&
      find(handle, "FPDFDOC_InitFormFillEnvironment", library.open_form) &&
      find(handle, "FORM_OnAfterLoadPage", library.after_load) &&
      find(handle, "FORM_OnBeforeClosePage", library.before_close) && find(handle, "FPDF_FFLDraw", library.draw_form);
  if (!complete) return std::nullopt;
  // An empty list of folders: the fonts that are part of PDFium stand in for those that a file does not bring.
  static const char* no_folders[] = {nullptr};
  const FpdfLibraryConfig config{.user_font_paths = no_folders};
  library.init(&config);
  return library;
}

}  // namespace vidi::documents
