#include "core/sticky/token_head.h"

#include <string>

#include <absl/strings/escaping.h>

#include "core/base/text.h"
#include "core/sticky/token.h"

namespace limpet {
namespace {

constexpr unsigned char kVersion = 0xA1;
constexpr size_t kHeadSize = 1 + 4 + 4;

uint32_t number_at(std::string_view bytes, size_t at) {
  uint32_t value = 0;
  for (size_t i = 0; i < 4; ++i) {
    value |= uint32_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return value;
}

}  // namespace

std::optional<TokenHead> read_token_head(std::string_view text) {
  std::string bytes;
  if (text.size() > kMaxTokenChars || !absl::WebSafeBase64Unescape(absl_view(text), &bytes) ||
      bytes.size() < kHeadSize || static_cast<unsigned char>(bytes[0]) != kVersion) {
    return std::nullopt;
  }
  return TokenHead{number_at(bytes, 1), number_at(bytes, 5)};
}

}  // namespace limpet
