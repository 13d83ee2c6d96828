// Cookie fields: the first line is the name of our cookie, each further one the value of a field.
// Ours goes, and all others stay as they are, byte for byte and in order. Each further line is the
// value of a Set-Cookie field, too, of an application whose cookie has that name: it gets back what
// it has set, and never a token.
#include <algorithm>
#include <optional>

#include "proxy/http/chars.h"
#include "core/sticky/token.h"
#include "proxy/http/cookie.h"
#include "proxy/http/learned_cookie.h"
#include "proxy/http/rewrite.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/http_reader.h"

namespace limpet::fuzz {
namespace {

using Cookies = std::vector<std::string>;

std::string name_of(const std::string& cookie) {
  return without_space(cookie.substr(0, cookie.find('=')));
}

Cookies without(const Cookies& cookies, const std::string& name) {
  Cookies others;
  for (const std::string& cookie : cookies) {
    if (name_of(cookie) != name) others.push_back(cookie);
  }
  return others;
}

// The values of the cookies of that name, without quotes.
Cookies values_of(const Cookies& cookies, const std::string& name) {
  Cookies values;
  for (const std::string& cookie : cookies) {
    if (name_of(cookie) != name) continue;
    const size_t equals = cookie.find('=');
    std::string value = equals == std::string::npos ? "" : without_space(cookie.substr(equals + 1));
    if (value.size() > 1 && value.front() == '"' && value.back() == '"') {
      value = value.substr(1, value.size() - 2);
    }
    values.push_back(value);
  }
  return values;
}

void check_value(std::string_view value, const std::string& name) {
  std::string out;
  http::append_other_cookies(value, name, out);
  require(out.size() <= value.size(), "the field never grows");
  require(split_list(out, ';') == without(split_list(value, ';'), name),
          "the other cookies stay, byte for byte and in order");
  std::string behind = "x";
  http::append_other_cookies(value, name, behind);
  require(behind == "x" + out, "what stands before does not matter");
}

// The field's cookies, each as the endpoint sees it.
Cookies unlearned(const Cookies& cookies, const std::string& name) {
  Cookies seen;
  for (const std::string& cookie : cookies) {
    const size_t separator = cookie.rfind('~');
    const size_t equals = cookie.find('=');
    seen.push_back(cookie);
    if (name_of(cookie) != name || equals > separator || separator == std::string::npos) continue;
    const std::string value = without_space(cookie.substr(equals + 1));
    const bool quoted = value.size() > 1 && value.front() == '"' && value.back() == '"';
    const std::string end = quoted ? "\"" : "";
    const std::string behind = cookie.substr(separator + 1);
    const std::string token = behind.substr(0, behind.size() - end.size());
    if (has_token_form(token)) {
      seen.back() = without_space(cookie.substr(0, separator) + end);
    }
  }
  return seen;
}

void check_unlearned(std::string_view value, const std::string& name) {
  std::string out;
  http::append_unlearned_cookies(value, name, out);
  require(split_list(out, ';') == unlearned(split_list(value, ';'), name),
          "tokens go, and nothing else");
}

void check_set_cookie(const std::string& field, const std::string& name) {
  constexpr int64_t kNow = 1'780'000'000;
  const std::string token = "oQ" + std::string(60, 'x');
  if (http::cookie_change(field, name, kNow) != http::CookieChange::kSet) return;
  std::string sent;
  if (!http::append_learned(field, token, sent)) {
    require(sent == field, "what cannot take the token stays as it is");
    return;
  }
  require(sent.size() == field.size() + 1 + token.size(), "only the token is added");
  require(http::cookie_change(sent, name, kNow) == http::CookieChange::kSet, "it is still set");
  std::string seen;
  http::append_unlearned_cookies(sent.substr(0, sent.find(';')), name, seen);
  require(seen == field.substr(0, field.find(';')), "the application gets back what it has set");
}

std::optional<http::RequestHead> parse(const std::string& text) {
  http::RequestHead head;
  if (http::parse_request_head(text, {}, head) != http::ParseError::kNone) return std::nullopt;
  return head;
}

Cookies cookies_of(const http::RequestHead& head) {
  Cookies cookies;
  for (const http::Field& field : head) {
    if (field.id != http::FieldId::kCookie) continue;
    for (std::string& cookie : split_list(field.value, ';')) cookies.push_back(std::move(cookie));
  }
  return cookies;
}

Cookies visited(const http::RequestHead& head, const std::string& name) {
  Cookies values;
  http::visit_cookies(head, name, [&](std::string_view value) {
    values.emplace_back(value);
    return false;
  });
  return values;
}

// Through a whole request, where crumbs of the field may come to be joined.
void check_request(const Cookies& fields, const std::string& name) {
  std::string text = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (const std::string& field : fields) text += "Cookie: " + field + "\r\n";
  text += "\r\n";
  const auto head = parse(text);
  if (!head) return;
  const Cookies before = cookies_of(*head);
  require(visited(*head, name) == values_of(before, name), "each cookie of the name is found");
  std::string out;
  http::RequestRewrite rewrite;
  rewrite.client_ip = "192.0.2.1";
  rewrite.drop_cookie = name;
  http::rewrite_request(*head, rewrite, out);
  const auto after = parse(out);
  require(after.has_value(), "the new head is one");
  require(cookies_of(*after) == without(before, name), "the upstream gets the others alone");
  for (const http::Field& field : *after) {
    require(field.id != http::FieldId::kCookie || !field.value.empty(), "no field is left empty");
  }
}

}  // namespace
}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  using namespace limpet::fuzz;
  constexpr size_t kMaxFields = 50;  // a request may have twice as many
  Cookies lines;
  std::string_view text = text_of(data, size);
  while (!text.empty() && lines.size() <= kMaxFields) {
    const size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(without_space(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  // The validator of policies takes tokens alone for names.
  if (lines.empty() || lines[0].empty() || !http::all_chars(lines[0], http::kTokenChar)) return 0;
  const std::string name = lines[0];
  lines.erase(lines.begin());
  for (const std::string& line : lines) {
    check_value(line, name);
    check_unlearned(line, name);
    check_set_cookie(line, name);
  }
  check_request(lines, name);
  return 0;
}
