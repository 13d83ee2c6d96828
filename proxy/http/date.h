// IMF-fixdate (RFC 9110 §5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT"; and what else cookies have.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::http {

// Appends the 29 characters. From 1970 until 9999.
void append_date(int64_t unix_s, std::string& out);

// When a cookie expires, as browsers read it (RFC 6265 §5.1.1): also "Sun, 06-Nov-94 08:49:37 GMT"
// and worse. Unix seconds; nothing where it is no date.
std::optional<int64_t> parse_cookie_date(std::string_view text);

}  // namespace limpet::http
