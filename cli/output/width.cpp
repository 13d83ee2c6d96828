#include "cli/output/width.h"

#include <algorithm>
#include <cstdint>

namespace limpet::cli {
namespace {

constexpr std::string_view kEllipsis = "\xE2\x80\xA6";

struct Range {
  uint32_t first;
  uint32_t last;
};

// Of Unicode's East_Asian_Width W and F, and of its pictures, in coarse ranges.
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0xA4CF},
                           {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
                           {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
                           {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
constexpr Range kNone[] = {{0x0300, 0x036F}, {0x200B, 0x200F}, {0x20D0, 0x20FF}, {0xFE00, 0xFE0F}};

struct Character {
  uint32_t code;
  size_t bytes;
};

// The first character of text that is not empty.
Character first_of(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t bytes = lead < 0xC0 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (bytes == 1 || bytes > text.size()) return {lead, 1};
  uint32_t code = lead & (0xFFU >> (bytes + 1));
  for (const char c : text.substr(1, bytes - 1)) {
    const auto next = static_cast<unsigned char>(c);
    if ((next & 0xC0) != 0x80) return {lead, 1};
    code = (code << 6) | (next & 0x3FU);
  }
  return {code, bytes};
}

size_t width_of(uint32_t code) {
  const auto within = [code](const Range& range) {
    return code >= range.first && code <= range.last;
  };
  if (std::ranges::any_of(kNone, within)) return 0;
  return std::ranges::any_of(kWide, within) ? 2 : 1;
}

}  // namespace

size_t display_width(std::string_view text) {
  size_t width = 0;
  while (!text.empty()) {
    const Character character = first_of(text);
    width += width_of(character.code);
    text.remove_prefix(character.bytes);
  }
  return width;
}

std::string shortened(std::string_view text, size_t width) {
  if (display_width(text) <= width) return std::string(text);
  size_t taken = 0;
  size_t room = width - 1;  // one for the ellipsis
  while (taken < text.size()) {
    const Character character = first_of(text.substr(taken));
    const size_t needed = width_of(character.code);
    if (needed > room) break;
    room -= needed;
    taken += character.bytes;
  }
  return std::string(text.substr(0, taken)).append(kEllipsis);
}

}  // namespace limpet::cli
