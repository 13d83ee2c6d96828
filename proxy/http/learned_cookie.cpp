#include "proxy/http/learned_cookie.h"

#include <optional>

#include "core/sticky/token.h"
#include "proxy/http/chars.h"
#include "proxy/http/cookie.h"
#include "proxy/http/date.h"
#include "proxy/http/head.h"

namespace limpet::http {
namespace {

constexpr char kSeparator = '~';

// RFC 6265 §5.2.2: whether the cookie lives no longer; nothing where it is not a number.
std::optional<bool> is_over(std::string_view max_age) {
  const bool negative = max_age.starts_with('-');
  const std::string_view digits = max_age.substr(negative ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
    return std::nullopt;
  }
  return negative || digits.find_first_not_of('0') == std::string_view::npos;
}

// Of several attributes of a name the last one that is sound counts.
bool is_over(std::string_view attributes, int64_t now_unix_s) {
  std::optional<bool> by_age;
  std::optional<bool> by_date;
  while (!attributes.empty()) {
    const std::string_view attribute = take_cookie(attributes);
    const size_t equals = attribute.find('=');
    if (equals == std::string_view::npos) continue;
    const std::string_view name = trim(attribute.substr(0, equals));
    const std::string_view value = trim(attribute.substr(equals + 1));
    if (equals_ignore_case(name, "max-age")) {
      const std::optional<bool> over = is_over(value);
      if (over) by_age = over;
    } else if (equals_ignore_case(name, "expires")) {
      const std::optional<int64_t> end_unix_s = parse_cookie_date(value);
      if (end_unix_s) by_date = *end_unix_s <= now_unix_s;
    }
  }
  return by_age.value_or(by_date.value_or(false));
}

}  // namespace

LearnedValue split_learned(std::string_view value) {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  LearnedValue learned;
  learned.begin = value.substr(0, value.size() - (quoted ? 1 : 0));
  learned.end = value.substr(learned.begin.size());
  const size_t separator = learned.begin.rfind(kSeparator);
  if (separator == std::string_view::npos) return learned;
  const std::string_view token = learned.begin.substr(separator + 1);
  if (!has_token_form(token)) return learned;
  learned.token = token;
  learned.begin = learned.begin.substr(0, separator);
  return learned;
}

void append_unlearned_cookies(std::string_view value, std::string_view name, std::string& out) {
  size_t kept = 0;  // up to there, what stays is out
  for (std::string_view rest = value; !rest.empty();) {
    const std::string_view cookie = take_cookie(rest);
    if (cookie_name(cookie) != name) continue;
    const std::string_view token = split_learned(cookie_raw_value(cookie)).token;
    if (token.empty()) continue;
    const auto at = static_cast<size_t>(token.data() - value.data());
    out.append(value.substr(kept, at - 1 - kept));
    kept = at + token.size();
  }
  out.append(value.substr(kept));
}

CookieChange cookie_change(std::string_view set_cookie, std::string_view name,
                           int64_t now_unix_s) {
  std::string_view rest = set_cookie;
  const std::string_view cookie = take_cookie(rest);
  if (cookie.find('=') == std::string_view::npos || cookie_name(cookie) != name) {
    return CookieChange::kNone;
  }
  const bool deleted = cookie_value(cookie).empty() || is_over(rest, now_unix_s);
  return deleted ? CookieChange::kDeleted : CookieChange::kSet;
}

bool append_learned(std::string_view cookie, std::string_view token, std::string& out) {
  std::string_view rest = cookie;
  const std::string_view pair = take_cookie(rest);
  if (pair.size() + 1 + token.size() > kMaxCookieBytes) {
    out.append(cookie);
    return false;
  }
  size_t end = static_cast<size_t>(pair.data() - cookie.data()) + pair.size();
  const std::string_view value = cookie_raw_value(pair);
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') --end;
  out.append(cookie.substr(0, end)).append(1, kSeparator).append(token);
  out.append(cookie.substr(end));
  return true;
}

}  // namespace limpet::http
