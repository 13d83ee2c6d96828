#include "cli/jsonpath/evaluate.h"

#include <gtest/gtest.h>

#include "cli/jsonpath/parser.h"

namespace limpet::cli::jsonpath {
namespace {

DocumentNode number(const char* text) { return {DocumentNode::Type::kNumber, text, {}, {}}; }
DocumentNode boolean(const char* text) { return {DocumentNode::Type::kBool, text, {}, {}}; }
DocumentNode text(const char* text) { return DocumentNode::string(text); }

DocumentNode map(std::vector<DocumentNode::Entry> entries) {
  DocumentNode node = DocumentNode::map();
  node.entries = std::move(entries);
  return node;
}

DocumentNode list(std::vector<DocumentNode> items) {
  DocumentNode node = DocumentNode::list();
  node.items = std::move(items);
  return node;
}

DocumentNode item(const char* name, const char* port, const char* ready) {
  return map({{"metadata", map({{"name", text(name)}, {"labels", map({{"a.b/c", text(name)}})}})},
              {"port", number(port)},
              {"ready", boolean(ready)}});
}

class EvaluateTest : public testing::Test {
 protected:
  std::string rendered(const std::string& source) {
    const auto parts = parse_template(source);
    if (!parts.ok()) return std::string(parts.status().message());
    const auto out = render(*parts, root);
    return out.ok() ? *out : std::string(out.status().message());
  }
  const DocumentNode root = map({{"kind", text("List")},
                                 {"items", list({item("a", "80", "true"), item("b", "443", "false"),
                                                 item("c", "8080", "true")})}});
};

TEST_F(EvaluateTest, Children) {
  EXPECT_EQ(rendered("{.kind}"), "List");
  EXPECT_EQ(rendered("{$.kind}"), "List");
  EXPECT_EQ(rendered("{@.kind}"), "List");
  EXPECT_EQ(rendered("{['kind']}"), "List");
  EXPECT_EQ(rendered("{ .kind }"), "List");
  EXPECT_EQ(rendered("{.items[0].metadata.name}"), "a");
  EXPECT_EQ(rendered("{.missing.further}"), "");
  EXPECT_EQ(rendered("{.kind.further}"), "");
  EXPECT_EQ(rendered("{.items[0].port} {.items[1].ready}"), "80 false");
}

TEST_F(EvaluateTest, KeysWithDots) {
  EXPECT_EQ(rendered("{.items[0].metadata.labels.a\\.b/c}"), "a");
  EXPECT_EQ(rendered("{.items[0].metadata.labels['a\\.b/c']}"), "a");
  EXPECT_EQ(rendered("{.items[0].metadata.labels['a.b/c']}"), "a");
  // As kubectl reads it.
  EXPECT_EQ(rendered("{.items[*]['metadata.name','port']}"), "a 80 b 443 c 8080");
}

TEST_F(EvaluateTest, ListsAndMapsAreJson) {
  EXPECT_EQ(rendered("{.items[1].metadata}"), "{\"name\":\"b\",\"labels\":{\"a.b/c\":\"b\"}}");
  EXPECT_EQ(text_of(list({number("1"), text("x\""), {}})), "[1,\"x\\\"\",null]");
}

TEST_F(EvaluateTest, IndexesSlicesAndUnions) {
  EXPECT_EQ(rendered("{.items[-1].port}"), "8080");
  EXPECT_EQ(rendered("{.items[3].port}{.items[-4].port}"), "");
  EXPECT_EQ(rendered("{.items[0,2].port}"), "80 8080");
  EXPECT_EQ(rendered("{.items[2,0].port}"), "8080 80");
  EXPECT_EQ(rendered("{.items[1:].port}"), "443 8080");
  EXPECT_EQ(rendered("{.items[:2].port}"), "80 443");
  EXPECT_EQ(rendered("{.items[:-1].port}"), "80 443");
  EXPECT_EQ(rendered("{.items[-2:].port}"), "443 8080");
  EXPECT_EQ(rendered("{.items[-9:9].port}"), "80 443 8080");
  EXPECT_EQ(rendered("{.items[2:1].port}"), "");
  EXPECT_EQ(rendered("{.items[0:3:2].port}"), "80 8080");
  EXPECT_EQ(rendered("{.items[::9223372036854775807].port}"), "80");
  EXPECT_EQ(rendered("{.items[0]['port','ready']}"), "80 true");
}

TEST_F(EvaluateTest, WildcardsAndDescents) {
  EXPECT_EQ(rendered("{.items[*].metadata.name}"), "a b c");
  EXPECT_EQ(rendered("{.items.*.port}"), "80 443 8080");
  EXPECT_EQ(rendered("{.items[0].metadata.labels.*}"), "a");
  EXPECT_EQ(rendered("{..name}"), "a b c");
  EXPECT_EQ(rendered("{.items[1]..name}"), "b");
  EXPECT_EQ(rendered("{..metadata['name']}"), "a b c");
}

TEST_F(EvaluateTest, Filters) {
  EXPECT_EQ(rendered("{.items[?(@.metadata.name==\"b\")].port}"), "443");
  EXPECT_EQ(rendered("{.items[?(@.metadata.name=='b')].port}"), "443");
  EXPECT_EQ(rendered("{.items[?(@.metadata.name != 'b')].port}"), "80 8080");
  EXPECT_EQ(rendered("{.items[?(@.port>100)].port}"), "443 8080");
  EXPECT_EQ(rendered("{.items[?(@.port>=443)].port}"), "443 8080");
  EXPECT_EQ(rendered("{.items[?(@.port<443)].port}"), "80");
  EXPECT_EQ(rendered("{.items[?(@.port<=443)].port}"), "80 443");
  EXPECT_EQ(rendered("{.items[?(@.port==443.0)].port}"), "443");
  EXPECT_EQ(rendered("{.items[?(@.port<8080.0001)].port}"), "80 443 8080");
  EXPECT_EQ(rendered("{.items[?(@.port<8079.9999)].port}"), "80 443");
  EXPECT_EQ(rendered("{.items[?(@.ready==true)].port}"), "80 8080");
  EXPECT_EQ(rendered("{.items[?(@.port)].port}"), "80 443 8080");
  EXPECT_EQ(rendered("{.items[?(@.nothing)].port}"), "");
  EXPECT_EQ(rendered("{.items[?(@.nothing!='x')].port}"), "");
  // Of another type: unequal.
  EXPECT_EQ(rendered("{.items[?(@.port=='80')].port}"), "");
  EXPECT_EQ(rendered("{.items[?($.kind=='List')].port}"), "80 443 8080");
  EXPECT_EQ(rendered("{.items[?(@.metadata.labels[?(@=='c')])].port}"), "8080");
}

TEST_F(EvaluateTest, TextAndRanges) {
  EXPECT_EQ(rendered("all: {.kind}!"), "all: List!");
  EXPECT_EQ(rendered("{\"a\\tb\\n\"}{'c\\\\'}"), "a\tb\nc\\");
  EXPECT_EQ(rendered("{range .items[*]}{.metadata.name}{\"=\"}{.port}{\"\\n\"}{end}"),
            "a=80\nb=443\nc=8080\n");
  EXPECT_EQ(rendered("{range .items[*]}{range .metadata.labels.*}<{@}>{$.kind};{end}{end}."),
            "<a>List;<b>List;<c>List;.");
  EXPECT_EQ(rendered("{range .nothing[*]}x{end}"), "");
  EXPECT_EQ(rendered("{.kind \" \" .kind}"), "List List");
  EXPECT_EQ(rendered(""), "");
  EXPECT_EQ(rendered(".kind"), "List");
  EXPECT_EQ(rendered("no path"), "no path");
}

TEST_F(EvaluateTest, WhatLooksAtTooMuchEnds) {
  const auto path = parse_path("..*..*..*..*..*..*..*");
  ASSERT_TRUE(path.ok());
  EXPECT_FALSE(find(*path, root, 100).ok());
}

TEST_F(EvaluateTest, PathsOfColumnsAreForgiving) {
  for (const char* source : {"{.items[1].port}", ".items[1].port", "items[1].port",
                             "$.items[1].port", "{ items[1].port }"}) {
    const auto path = parse_path(source);
    ASSERT_TRUE(path.ok()) << source << ": " << path.status();
    const auto nodes = find(*path, root);
    ASSERT_TRUE(nodes.ok());
    ASSERT_EQ(nodes->size(), 1U) << source;
    EXPECT_EQ(text_of(*nodes->front()), "443");
  }
  EXPECT_FALSE(parse_path("").ok());
  EXPECT_FALSE(parse_path("a b").ok());
  EXPECT_FALSE(parse_path("{.a").ok());
}

}  // namespace
}  // namespace limpet::cli::jsonpath
