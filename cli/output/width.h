// How much room text takes on a terminal.
#pragma once

#include <string>
#include <string_view>

namespace limpet::cli {

// In columns: most characters take one, those of East Asia and pictures two, combining ones none.
// Bytes that are no UTF-8 take one each.
size_t display_width(std::string_view text);

// The text, or its beginning and "…" where it is wider than `width`. Requires: width > 0.
std::string shortened(std::string_view text, size_t width);

}  // namespace limpet::cli
