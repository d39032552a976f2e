#pragma once
// fmt's main function, which every call of a log instantiates: once for all. It is one of the precompiled headers, and
// no source includes it.

#include <fmt/format.h>

extern template void fmt::detail::vformat_to<char>(fmt::detail::buffer<char>& buffer, fmt::string_view format,
                                                   fmt::format_args arguments, fmt::detail::locale_ref locale);
