#include "core/base/quantity.h"

#include <array>
#include <cstddef>
#include <utility>

namespace limpet {
namespace {

constexpr size_t kMaxDurationParts = 4;
constexpr size_t kMaxDurationDigits = 5;
constexpr size_t kMaxBytesDigits = 13;
constexpr int64_t kMaxBytes = int64_t{1} << 40;

// The first that the text begins with is taken off it: "ms" stands before "m".
constexpr std::array<std::pair<std::string_view, int64_t>, 4> kDurationUnits{
    {{"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}}};
constexpr std::array<std::pair<std::string_view, int64_t>, 5> kByteUnits{
    {{"Ki", 1 << 10}, {"Mi", 1 << 20}, {"k", 1'000}, {"M", 1'000'000}, {"", 1}}};

// Takes the digits off the text's beginning: one of them at least, and at most so many.
std::optional<int64_t> take_number(std::string_view& text, size_t max_digits) {
  int64_t value = 0;
  size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    if (digits == max_digits) return std::nullopt;
    value = value * 10 + (text[digits++] - '0');
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value;
}

template <size_t N>
std::optional<int64_t> take_unit(std::string_view& text,
                                 const std::array<std::pair<std::string_view, int64_t>, N>& units) {
  for (const auto& [name, factor] : units) {
    if (!text.starts_with(name)) continue;
    text.remove_prefix(name.size());
    return factor;
  }
  return std::nullopt;
}

}  // namespace

std::optional<int64_t> parse_duration_ms(std::string_view text) {
  int64_t sum = 0;
  size_t parts = 0;
  do {
    const std::optional<int64_t> number = take_number(text, kMaxDurationDigits);
    if (!number || parts++ == kMaxDurationParts) return std::nullopt;
    const std::optional<int64_t> unit = take_unit(text, kDurationUnits);
    if (!unit) return std::nullopt;
    sum += *number * *unit;
  } while (!text.empty());
  return sum;
}

std::optional<int64_t> parse_bytes(std::string_view text) {
  const std::optional<int64_t> number = take_number(text, kMaxBytesDigits);
  if (!number) return std::nullopt;
  const std::optional<int64_t> unit = take_unit(text, kByteUnits);
  if (!unit || !text.empty() || *number > kMaxBytes / *unit) return std::nullopt;
  return *number * *unit;
}

}  // namespace limpet
