// The application's own cookie with a session's token in it (SessionStickyPolicy, type
// LearnedCookie): JSESSIONID=abc~TOKEN at the client, JSESSIONID=abc at the endpoint. A value in
// quotes keeps them around the whole: "abc~TOKEN".
//
// The last "~" of a value separates, and only before what has a token's form: an application may
// use "~" as it likes. Whatever else there is to a cookie or to a Set-Cookie field stays as it was
// written.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace limpet::http {

// Name and value of a cookie that every browser keeps (RFC 6265 §6.1); a larger one may be refused.
// A token that would make it larger is left out.
inline constexpr size_t kMaxCookieBytes = 4096;

// Views into the value of a cookie.
struct LearnedValue {
  std::string_view begin;  // of what the application says, with an opening quote
  std::string_view token;  // without "~"; empty: there is none
  std::string_view end;    // the closing quote, or nothing

  // Whether the application says anything.
  bool empty() const { return begin.empty() || (begin == "\"" && !end.empty()); }
};

// Of the value with its quotes, if it has any, and without white space at its ends.
LearnedValue split_learned(std::string_view value);

// Appends the value of a Cookie field without the tokens in cookies of that name.
void append_unlearned_cookies(std::string_view value, std::string_view name, std::string& out);

// What an answer's Set-Cookie field means for the cookie of that name. A cookie is deleted by an
// empty value, or by a life that is over (RFC 6265 §5.2, §5.3; Max-Age goes before Expires).
enum class CookieChange : uint8_t { kNone, kSet, kDeleted };
CookieChange cookie_change(std::string_view set_cookie, std::string_view name, int64_t now_unix_s);

// Appends "name=value", or the whole value of a Set-Cookie field, with the token behind what the
// application says; without it, and false, where the cookie would be too large.
bool append_learned(std::string_view cookie, std::string_view token, std::string& out);

}  // namespace limpet::http
