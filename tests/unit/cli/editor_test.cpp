#include "cli/editor.h"

#include <gtest/gtest.h>

namespace limpet::cli {
namespace {

using Words = std::vector<std::string>;

TEST(EditorTest, ACommandIsWordsAtSpaces) {
  EXPECT_EQ(editor_words("vi"), Words{"vi"});
  EXPECT_EQ(editor_words("  code  --wait "), (Words{"code", "--wait"}));
  EXPECT_EQ(editor_words("'/opt/my editor' -a\"b c\" ''"), (Words{"/opt/my editor", "-ab c", ""}));
  EXPECT_EQ(editor_words(" "), Words{});
}

}  // namespace
}  // namespace limpet::cli
