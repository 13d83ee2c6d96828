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

std::string_view cookie_value(std::string_view cookie) {
  const size_t equals = cookie.find('=');
  if (equals == std::string_view::npos) return {};
  std::string_view value = trim(cookie.substr(equals + 1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
    value = value.substr(1, value.size() - 2);
  }
  return value;
}

void append_other_cookies(std::string_view value, std::string_view name, std::string& out) {
  bool first = true;
  while (!value.empty()) {
    const std::string_view cookie = take_cookie(value);
    if (cookie.empty() || cookie_name(cookie) == name) continue;
    if (!first) out.append("; ");
    out.append(cookie);
    first = false;
  }
}

}  // namespace limpet::http
