// The Cookie field (RFC 6265 §4.2), and the one cookie in it that is ours.
#pragma once

#include <string>
#include <string_view>

#include "proxy/http/head.h"

namespace limpet::http {

// visit(value) for each cookie of that name, in order, until it returns true. Names are compared
// exactly. Quotes around a value are taken off.
template <typename Visit>
void visit_cookies(const Head& head, std::string_view name, Visit&& visit);
// The same, with the quotes.
template <typename Visit>
void visit_raw_cookies(const Head& head, std::string_view name, Visit&& visit);

// Appends the cookies of `value` but those named `name`, in the form of a Cookie field's value.
void append_other_cookies(std::string_view value, std::string_view name, std::string& out);

// Splits "a=1; b=2" into its first pair and the rest.
std::string_view take_cookie(std::string_view& cookies);
// The name of "name=value".
std::string_view cookie_name(std::string_view cookie);
// The value, without white space at its ends; and without quotes around it.
std::string_view cookie_raw_value(std::string_view cookie);
std::string_view without_quotes(std::string_view value);
inline std::string_view cookie_value(std::string_view cookie) {
  return without_quotes(cookie_raw_value(cookie));
}

template <typename Visit>
void visit_raw_cookies(const Head& head, std::string_view name, Visit&& visit) {
  for (const Field& field : head) {
    if (field.id != FieldId::kCookie) continue;
    for (std::string_view rest = field.value; !rest.empty();) {
      const std::string_view cookie = take_cookie(rest);
      if (cookie_name(cookie) == name && visit(cookie_raw_value(cookie))) return;
    }
  }
}

template <typename Visit>
void visit_cookies(const Head& head, std::string_view name, Visit&& visit) {
  visit_raw_cookies(head, name,
                    [&](std::string_view value) { return visit(without_quotes(value)); });
}

}  // namespace limpet::http
