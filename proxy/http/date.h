// IMF-fixdate (RFC 9110 §5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
#pragma once

#include <cstdint>
#include <string>

namespace limpet::http {

// Appends the 29 characters. From 1970 until 9999.
void append_date(int64_t unix_s, std::string& out);

}  // namespace limpet::http
