#pragma once

#include <string_view>

namespace limpet {

// Whether the bytes are UTF-8 (RFC 3629, section 4), which the API's strings have to be.
bool is_utf8(std::string_view bytes);

}  // namespace limpet
