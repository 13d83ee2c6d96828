// Debian builds abseil with a string_view of its own, to and from which std::string_view does not
// convert. Ours is std::string_view; here is the way across.
#pragma once

#include <string>
#include <string_view>

#include <absl/strings/str_cat.h>
#include <absl/strings/string_view.h>

namespace limpet {

inline absl::string_view absl_view(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view std_view(absl::string_view text) { return {text.data(), text.size()}; }

namespace internal {
inline absl::string_view str_cat_piece(std::string_view text) { return absl_view(text); }
template <typename T>
const T& str_cat_piece(const T& value) {
  return value;
}
}  // namespace internal

// absl::StrCat() that takes std::string_view too.
template <typename... Parts>
std::string str_cat(const Parts&... parts) {
  return absl::StrCat(internal::str_cat_piece(parts)...);
}

template <typename Parts>
std::string join(const Parts& parts, std::string_view separator) {
  std::string joined;
  bool first = true;
  for (const auto& part : parts) {
    if (!first) joined += separator;
    joined += part;
    first = false;
  }
  return joined;
}

// `part` is a character or a string.
template <typename Part>
bool contains(std::string_view text, const Part& part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace limpet
