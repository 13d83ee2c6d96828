#include "manifest/json_tree.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

std::string error_of(std::string_view text) {
  const JsonTree tree = parse_json(text);
  if (!tree.error) return {};
  return std::to_string(tree.error->mark.line) + ":" + std::to_string(tree.error->mark.column) +
         ": " + tree.error->message;
}

TEST(JsonTree, KeepsHowThingsWereWritten) {
  const JsonTree tree = parse_json(R"({"a": [1, "1", true, null, 1.50, "\u00e9"], "b": {}})");
  ASSERT_FALSE(tree.error);
  const YamlNode& root = tree.document.root();
  ASSERT_TRUE(root.is_map());
  const YamlNode& list = *root.find("a")->value;
  ASSERT_EQ(list.items.size(), 6u);
  EXPECT_EQ(list.items[0]->text, "1");
  EXPECT_FALSE(list.items[0]->quoted);
  EXPECT_TRUE(list.items[1]->quoted);
  EXPECT_EQ(list.items[2]->text, "true");
  EXPECT_TRUE(list.items[3]->is_null());
  EXPECT_EQ(list.items[4]->text, "1.50");
  EXPECT_EQ(list.items[5]->text, "\xC3\xA9");
  EXPECT_TRUE(root.find("b")->value->is_map());
}

TEST(JsonTree, KeepsKeysThatOccurTwice) {
  const JsonTree tree = parse_json(R"({"a": 1, "a": 2})");
  ASSERT_FALSE(tree.error);
  EXPECT_EQ(tree.document.root().entries.size(), 2u);
}

TEST(JsonTree, TellsWhereItIsWrong) {
  EXPECT_EQ(error_of("{\"a\": 1}"), "");
  EXPECT_TRUE(error_of("{\n  \"a\": x}").starts_with("2:8: not valid JSON: "))
      << error_of("{\n  \"a\": x}");
  for (const char* wrong :
       {"", " ", "{", "{} {}", "{'a': 1}", "[1,]", "// no\n1", "\"\xFF\"", "01"}) {
    EXPECT_NE(error_of(wrong), "") << wrong;
  }
}

TEST(JsonTree, HasBounds) {
  const auto nested = [](size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_EQ(error_of(nested(kMaxYamlDepth)), "");
  EXPECT_NE(error_of(nested(kMaxYamlDepth + 1)).find("nested more than 64 deep"),
            std::string::npos);
  std::string many = "[0";
  for (size_t i = 0; i < kMaxJsonNodes; ++i) many += ",0";
  EXPECT_NE(error_of(many + "]").find("more than 500000 values"), std::string::npos);
}

}  // namespace
}  // namespace limpet
