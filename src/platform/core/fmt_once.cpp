#include "core/fmt_once.hpp"

template void fmt::detail::vformat_to<char>(fmt::detail::buffer<char>& buffer, fmt::string_view format,
                                            fmt::format_args arguments, fmt::detail::locale_ref locale);
