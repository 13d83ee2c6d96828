#include "manifest/quote.h"

#include <absl/strings/str_format.h>

namespace limpet {
namespace {

// Characters of more than one byte that YAML takes for line ends or does not allow: U+0080 to
// U+009F, U+2028, U+2029, U+FEFF. Gives the code and the number of bytes; 0 for all others.
unsigned special_at(std::string_view text, size_t& bytes) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  if (byte(0) == 0xC2 && byte(1) >= 0x80 && byte(1) <= 0x9F) {
    bytes = 2;
    return byte(1);
  }
  const bool separator = byte(0) == 0xE2 && byte(1) == 0x80 && (byte(2) & 0xFE) == 0xA8;
  const bool byte_order_mark = byte(0) == 0xEF && byte(1) == 0xBB && byte(2) == 0xBF;
  bytes = 3;
  if (separator) return 0x2000 + (byte(2) & 0x3F);
  return byte_order_mark ? 0xFEFF : 0;
}

}  // namespace

std::string quote(std::string_view text) {
  std::string out = "\"";
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    size_t bytes = 1;
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += absl::StrFormat("\\u%04x", static_cast<unsigned char>(c));
    } else if (const unsigned code = special_at(text.substr(i), bytes); code != 0) {
      out += absl::StrFormat("\\u%04x", code);
      i += bytes - 1;
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace limpet
