#include "proxy/http/cookie.h"

#include "proxy/http/chars.h"

namespace limpet::http {
std::string_view take_cookie(std::string_view& cookies) {
  const size_t end = cookies.find(';');
  const std::string_view cookie = trim(cookies.substr(0, end));
  cookies.remove_prefix(end == std::string_view::npos ? cookies.size() : end + 1);
  return cookie;
}

std::string_view cookie_name(std::string_view cookie) {
  return trim(cookie.substr(0, cookie.find('=')));
}

std::string_view cookie_raw_value(std::string_view cookie) {
  const size_t equals = cookie.find('=');
  return equals == std::string_view::npos ? std::string_view() : trim(cookie.substr(equals + 1));
}

std::string_view without_quotes(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

void append_other_cookies(std::string_view value, std::string_view name, std::string& out) {
  const size_t start = out.size();
  while (!value.empty()) {
    const size_t end = value.find(';');
    const std::string_view raw = value.substr(0, end);
    value.remove_prefix(end == std::string_view::npos ? value.size() : end + 1);
    if (cookie_name(raw) == name) continue;
    // As it was written, so that the field never grows.
    if (out.size() == start) {
      out.append(trim(raw));
    } else {
      out.append(";").append(raw);
    }
  }
}

}  // namespace limpet::http
