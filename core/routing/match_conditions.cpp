#include "core/routing/match_conditions.h"

#include <algorithm>

namespace limpet {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_encoded(std::string_view text) {
  return text.find_first_of("%+") != std::string_view::npos;
}

// What is no encoding stands for itself.
void decode(std::string_view text, std::string& out) {
  out.clear();
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]);
      const int low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(c == '+' ? ' ' : c);
  }
}

// Several fields of one name are one, joined by commas (RFC 9110 §5.3).
bool header_holds(const ValueMatch& match, const HeaderSource& headers) {
  int count = 0;
  std::string_view only;
  headers.visit(match.name, [&](std::string_view value) {
    if (count++ == 0) only = value;
  });
  if (count == 0) return false;
  if (count == 1) return match.holds(only);
  std::string joined;
  headers.visit(match.name, [&](std::string_view value) {
    joined.append(value).push_back(',');
  });
  joined.pop_back();
  return match.holds(joined);
}

}  // namespace

bool ValueMatch::holds(std::string_view actual) const {
  return regex == nullptr ? actual == value : RE2::FullMatch(actual, *regex);
}

bool MatchConditions::hold(const RoutedRequest& request) const {
  if (!method.empty() && request.method != method) return false;
  if (!headers.empty()) {
    if (request.headers == nullptr) return false;
    for (const ValueMatch& header : headers) {
      if (!header_holds(header, *request.headers)) return false;
    }
  }
  if (!params.empty()) {
    std::string scratch;
    std::string_view value;
    for (const ValueMatch& param : params) {
      if (!find_param(request.query, param.name, scratch, value)) return false;
      if (!param.holds(value)) return false;
    }
  }
  return path == nullptr || RE2::FullMatch(request.path, *path);
}

bool find_param(std::string_view query, std::string_view name, std::string& scratch,
                std::string_view& value) {
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const size_t equals = std::min(pair.find('='), pair.size());
    std::string_view key = pair.substr(0, equals);
    if (is_encoded(key)) {
      decode(key, scratch);
      key = scratch;
    }
    if (pair.empty() || key != name) continue;
    value = equals == pair.size() ? std::string_view() : pair.substr(equals + 1);
    if (is_encoded(value)) {
      decode(value, scratch);
      value = scratch;
    }
    return true;
  }
  return false;
}

}  // namespace limpet
