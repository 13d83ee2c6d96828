#include "manifest/document.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(ToJsonLine, HasNoLineFeeds) {
  DocumentNode map = DocumentNode::map();
  DocumentNode list = DocumentNode::list();
  list.items.push_back(DocumentNode::string("a\nb"));
  list.items.push_back(DocumentNode::list());
  map.entries.emplace_back("list", std::move(list));
  map.entries.emplace_back("none", DocumentNode());
  EXPECT_EQ(to_json_line(map), R"({"list":["a\nb",[]],"none":null})");
  EXPECT_EQ(to_json(map),
            "{\n    \"list\": [\n        \"a\\nb\",\n        []\n    ],\n"
            "    \"none\": null\n}\n");
}

}  // namespace
}  // namespace limpet
