// Character classes of RFC 9110 §5.6.2 and §5.5, and RFC 3986, as one table look-up.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace limpet::http {

enum CharClass : uint8_t {
  kTokenChar = 1,   // tchar
  kValueChar = 2,   // field-vchar, space, tab, obs-text
  kTargetChar = 4,  // visible ASCII without "#", which never reaches a server
  kHostChar = 8,    // of a registered name (RFC 3986 §3.2.2), "%" with it
};

constexpr std::array<uint8_t, 256> make_char_classes() {
  std::array<uint8_t, 256> classes{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool alphanumeric =
        (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    const auto in = [c](std::string_view set) {
      return set.find(static_cast<char>(c)) != std::string_view::npos && c != 0;
    };
    uint8_t bits = 0;
    if (alphanumeric || in("!#$%&'*+-.^_`|~")) bits |= kTokenChar;
    if (c == '\t' || (c >= 0x20 && c != 0x7F)) bits |= kValueChar;
    if (c > 0x20 && c < 0x7F && c != '#') bits |= kTargetChar;
    if (alphanumeric || in("-._~!$&'()*+,;=%")) bits |= kHostChar;
    classes[c] = bits;
  }
  return classes;
}

inline constexpr std::array<uint8_t, 256> kCharClasses = make_char_classes();

inline bool is_char(char c, CharClass char_class) {
  return (kCharClasses[static_cast<unsigned char>(c)] & char_class) != 0;
}

inline bool all_chars(std::string_view text, CharClass char_class) {
  for (const char c : text) {
    if (!is_char(c, char_class)) return false;
  }
  return true;
}

// -1: not a hexadecimal digit.
inline int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// Without the white space (OWS) at its ends.
inline std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace limpet::http
