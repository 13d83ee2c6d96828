#include "manifest/scalar.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include <absl/strings/ascii.h>

#include "core/base/text.h"

namespace limpet {
namespace {

// In the three spellings that YAML knows: "true", "True", "TRUE".
bool is_word(std::string_view text, std::string_view word) {
  if (text.size() != word.size() || text.empty()) return false;
  if (text == word || text == absl::AsciiStrToUpper(absl_view(word))) return true;
  return text[0] == absl::ascii_toupper(word[0]) && text.substr(1) == word.substr(1);
}

bool is_any_word(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return is_word(text, word); });
}

std::string_view without_sign(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  return text;
}

template <typename Allowed>
bool all(std::string_view text, Allowed allowed) {
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

// Decimal, 0x, 0o, 0b, leading zero; with "_" between digits as YAML 1.1 has it.
bool is_int(std::string_view text) {
  text = without_sign(text);
  const auto digits_of = [](std::string_view allowed) {
    return [allowed](char c) { return contains(allowed, absl::ascii_tolower(c)) || c == '_'; };
  };
  if (text.starts_with("0x")) return all(text.substr(2), digits_of("0123456789abcdef"));
  if (text.starts_with("0o")) return all(text.substr(2), digits_of("01234567"));
  if (text.starts_with("0b")) return all(text.substr(2), digits_of("01"));
  return all(text, digits_of("0123456789")) && text[0] != '_';
}

bool is_float(std::string_view text) {
  const std::string_view number = without_sign(text);
  if (is_word(number, ".inf") || is_word(text, ".nan") || number == ".Inf" || text == ".NaN") {
    return true;
  }
  const bool shaped =
      all(number, [](char c) { return absl::ascii_isdigit(c) || contains(".eE+-_", c); });
  if (!shaped || !(absl::ascii_isdigit(number[0]) || number[0] == '.')) return false;
  std::string plain(number);
  plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
  char* end = nullptr;
  std::strtod(plain.c_str(), &end);
  return end == plain.c_str() + plain.size() && end != plain.c_str();
}

// "2001-12-14" and what begins so is a date to some readers.
bool looks_like_date(std::string_view text) {
  constexpr std::string_view kPattern = "dddd-d";
  if (text.size() < 8) return false;
  for (size_t i = 0; i < kPattern.size(); ++i) {
    if (kPattern[i] == 'd' ? !absl::ascii_isdigit(text[i]) : text[i] != '-') return false;
  }
  return true;
}

}  // namespace

ScalarType type_of_plain(std::string_view text) {
  if (text.empty() || text == "~" || is_word(text, "null")) return ScalarType::kNull;
  if (is_any_word(text, {"true", "false", "yes", "no", "on", "off"})) return ScalarType::kBool;
  if (is_int(text)) return ScalarType::kInt;
  if (is_float(text)) return ScalarType::kFloat;
  return ScalarType::kString;
}

bool plain_bool(std::string_view text) { return is_any_word(text, {"true", "yes", "on"}); }

bool is_decimal(std::string_view text) {
  text = without_sign(text);
  return all(text, [](char c) { return absl::ascii_isdigit(c); }) &&
         (text.size() == 1 || text[0] != '0');
}

bool needs_quotes(std::string_view text) {
  if (type_of_plain(text) != ScalarType::kString || looks_like_date(text)) return true;
  if (is_any_word(text, {"y", "n"}) || text == "<<" || text == "=") return true;
  // Indicators, and what could be mistaken for one at either end.
  if (contains("-?:,[]{}#&*!|>'\"%@` \t.", text.front())) {
    const bool path_like = text.front() == '.' && text.size() > 1 && text[1] == '/';
    if (!path_like) return true;
  }
  if (contains(" \t:", text.back())) return true;
  if (contains(text, ": ") || contains(text, " #") || contains(text, ":\t")) return true;
  // Within [] and {} more is special; one rule for everywhere is easier to keep.
  return std::any_of(text.begin(), text.end(), [](char c) {
    return contains(",[]{}", c) || absl::ascii_iscntrl(c) || !absl::ascii_isascii(c);
  });
}

}  // namespace limpet
