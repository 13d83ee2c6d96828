#include "server/door/query.h"

#include <algorithm>

#include <absl/strings/numbers.h>
#include <absl/strings/str_split.h>

#include "core/base/text.h"
#include "manifest/utf8.h"

namespace limpet {
namespace {

int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

absl::StatusOr<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '%') {
      const int high = i + 1 < text.size() ? digit_of(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? digit_of(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        return absl::InvalidArgumentError("\"%\" in the URL must be followed by two digits");
      }
      c = static_cast<char>(high * 16 + low);
      i += 2;
    } else if (c == '+' && plus_is_space) {
      c = ' ';
    }
    decoded.push_back(c);
  }
  const bool control = std::ranges::any_of(
      decoded, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; });
  if (!control && is_utf8(decoded)) return decoded;
  return absl::InvalidArgumentError("the URL has bytes that are no text");
}

}  // namespace

absl::StatusOr<Target> parse_target(std::string_view target) {
  Target result;
  const size_t question = target.find('?');
  std::string_view path = target.substr(0, question);
  if (path.starts_with('/')) path.remove_prefix(1);
  for (const absl::string_view segment : absl::StrSplit(absl_view(path), '/')) {
    absl::StatusOr<std::string> decoded = decode(std_view(segment), false);
    if (!decoded.ok()) return decoded.status();
    result.path.push_back(*std::move(decoded));
  }
  if (question == std::string_view::npos) return result;
  for (const absl::string_view pair :
       absl::StrSplit(absl_view(target.substr(question + 1)), '&', absl::SkipEmpty())) {
    const std::string_view text = std_view(pair);
    const size_t equals = std::min(text.find('='), text.size());
    absl::StatusOr<std::string> name = decode(text.substr(0, equals), true);
    if (!name.ok()) return name.status();
    absl::StatusOr<std::string> value =
        decode(text.substr(std::min(equals + 1, text.size())), true);
    if (!value.ok()) return value.status();
    if (!result.parameters.emplace(*name, *std::move(value)).second) {
      return absl::InvalidArgumentError(str_cat("the parameter ", *name, " occurs twice"));
    }
  }
  return result;
}

absl::StatusOr<bool> parse_bool(std::string_view name, const std::string& text) {
  if (text.empty() || text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return absl::InvalidArgumentError(str_cat(name, " must be true or false, not ", text));
}

absl::StatusOr<uint64_t> parse_number(std::string_view name, const std::string& text,
                                      uint64_t max) {
  uint64_t value = 0;
  const bool digits = std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  if (!text.empty() && digits && absl::SimpleAtoi(text, &value) && value <= max) return value;
  return absl::InvalidArgumentError(
      str_cat(name, " must be a number of at most ", max, ", not \"", text, "\""));
}

}  // namespace limpet
