#include "cli/output/width.h"

#include <gtest/gtest.h>

namespace limpet::cli {
namespace {

TEST(WidthTest, CharactersTakeTheColumnsThatATerminalGivesThem) {
  EXPECT_EQ(display_width(""), 0U);
  EXPECT_EQ(display_width("shop"), 4U);
  EXPECT_EQ(display_width("caf\xC3\xA9"), 4U);
  EXPECT_EQ(display_width("cafe\xCC\x81"), 4U);              // a combining accent
  EXPECT_EQ(display_width("\xE6\x97\xA5\xE6\x9C\xAC"), 4U);  // East Asia
  EXPECT_EQ(display_width("\xF0\x9F\x9A\x80"), 2U);          // a rocket
  EXPECT_EQ(display_width("\xFF\xC3"
                          "a"),
            3U);  // no UTF-8
}

TEST(WidthTest, ShortenedTextEndsWithAnEllipsis) {
  EXPECT_EQ(shortened("shop", 4), "shop");
  EXPECT_EQ(shortened("shops", 4), "sho\xE2\x80\xA6");
  EXPECT_EQ(shortened("shops", 1), "\xE2\x80\xA6");
  EXPECT_EQ(shortened("\xC3\xA9\xC3\xA9\xC3\xA9", 2), "\xC3\xA9\xE2\x80\xA6");
  // Half of a wide character is none.
  EXPECT_EQ(shortened("\xE6\x97\xA5\xE6\x9C\xAC", 3), "\xE6\x97\xA5\xE2\x80\xA6");
  EXPECT_EQ(shortened("\xE6\x97\xA5\xE6\x9C\xAC", 2), "\xE2\x80\xA6");
}

}  // namespace
}  // namespace limpet::cli
