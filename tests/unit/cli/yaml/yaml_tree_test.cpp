#include "cli/yaml/yaml_tree.h"

#include <gtest/gtest.h>

namespace limpet::cli {
namespace {

std::string times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

TEST(YamlTree, KeepsPlacesAndQuotes) {
  const YamlStream stream = parse_yaml("a: 1\nb:\n  - 'x'\n  - y\n");
  ASSERT_FALSE(stream.error);
  const YamlNode& root = stream.documents.at(0).root();
  ASSERT_EQ(root.entries.size(), 2U);
  EXPECT_EQ(root.entries[1].key, "b");
  EXPECT_EQ(root.entries[1].mark, (YamlMark{2, 1}));
  const YamlNode& list = *root.entries[1].value;
  EXPECT_TRUE(list.items.at(0)->quoted);
  EXPECT_FALSE(list.items.at(1)->quoted);
  EXPECT_EQ(list.items.at(1)->mark, (YamlMark{4, 5}));
}

TEST(YamlTree, SkipsEmptyDocuments) {
  EXPECT_EQ(parse_yaml("---\n---\na: 1\n---\n# nothing\n---\nb: 1\n").documents.size(), 2U);
  EXPECT_TRUE(parse_yaml("").documents.empty());
  EXPECT_TRUE(parse_yaml("# only a comment\n").documents.empty());
}

TEST(YamlTree, ASyntaxErrorKeepsTheDocumentsBeforeIt) {
  const YamlStream stream = parse_yaml("a: 1\n---\nb: [1, 2\nc: 3\n");
  EXPECT_EQ(stream.documents.size(), 1U);
  ASSERT_TRUE(stream.error);
  EXPECT_GE(stream.error->mark.line, 3);
  EXPECT_TRUE(stream.error->message.starts_with("not valid YAML: "));
}

TEST(YamlTree, ReadsJson) {
  const YamlStream stream = parse_yaml(R"({"a": {"b": ["x\/y", 1, null, true]}})");
  ASSERT_FALSE(stream.error);
  const YamlNode& list = *stream.documents.at(0).root().find("a")->value->find("b")->value;
  ASSERT_EQ(list.items.size(), 4U);
  EXPECT_EQ(list.items[0]->text, "x/y");
  EXPECT_TRUE(list.items[2]->is_null());
}

TEST(YamlTree, TagsOfStringsAreKnownAndOthersRefused) {
  const YamlStream stream = parse_yaml("a: !!str 80\n");
  ASSERT_FALSE(stream.error);
  EXPECT_TRUE(stream.documents.at(0).root().find("a")->value->quoted);
  EXPECT_TRUE(parse_yaml("a: !!binary aGk=\n").error);
  EXPECT_TRUE(parse_yaml("a: !own {b: 1}\n").error);
}

TEST(YamlTree, AliasesShareNodes) {
  const YamlStream stream = parse_yaml("a: &x {b: 1}\nc: *x\n");
  const YamlNode& root = stream.documents.at(0).root();
  EXPECT_EQ(root.find("a")->value, root.find("c")->value);
  EXPECT_TRUE(parse_yaml("a: *nobody\n").error);
}

TEST(YamlTree, DepthIsBounded) {
  EXPECT_FALSE(parse_yaml(times(kMaxYamlDepth, "[") + times(kMaxYamlDepth, "]")).error);
  const auto deep = parse_yaml(times(kMaxYamlDepth + 1, "[") + times(kMaxYamlDepth + 1, "]"));
  ASSERT_TRUE(deep.error);
  EXPECT_EQ(deep.error->message, "values are nested more than 64 deep");
  EXPECT_TRUE(parse_yaml(times(100000, "{a: ")).error);
}

TEST(YamlTree, ComplexKeysAreRefused) { EXPECT_TRUE(parse_yaml("? [a]\n: b\n").error); }

TEST(YamlTree, AStrayCommaIsAnError) {
  for (const char* text : {",", ", a: b\n", "a: b\n---\n, c\n", "{a: b}, {c: d}\n"}) {
    const YamlStream stream = parse_yaml(text);
    ASSERT_TRUE(stream.error) << text;
    EXPECT_TRUE(stream.error->message.starts_with("not valid YAML: ")) << stream.error->message;
  }
  EXPECT_EQ(parse_yaml("a: b\n---\n, c\n").error->mark, (YamlMark{3, 1}));
}

TEST(YamlTree, EmptyDocumentsAreNoError) {
  for (const char* text : {"", "---\n---\n---\n", "---\n...\n---\n", "# a\n---\n# b\n"}) {
    EXPECT_FALSE(parse_yaml(text).error) << text;
  }
}

TEST(YamlTree, TextIsUtf8) {
  EXPECT_FALSE(parse_yaml("name: Z\xC3\xBCrich\n").error);
  const YamlStream stream = parse_yaml("a: b\nname: Z\xFCrich\n");
  ASSERT_TRUE(stream.error);
  EXPECT_EQ(stream.error->mark, (YamlMark{2, 7}));
  EXPECT_EQ(stream.error->message, "the text is not UTF-8; save the file as that");
  EXPECT_TRUE(parse_yaml("n\xFC: b\n").error);
}

TEST(YamlTree, LocatesTheDeepestFieldThatWasWritten) {
  const YamlStream stream = parse_yaml(
      "metadata:\n"
      "  labels:\n"
      "    a.b/c[d]: x\n"
      "spec:\n"
      "  rules:\n"
      "  - name: a\n"
      "  - name: b\n");
  const YamlNode& root = stream.documents.at(0).root();
  EXPECT_EQ(locate(root, "spec.rules[1].name"), (YamlMark{7, 5}));
  EXPECT_EQ(locate(root, "spec.rules[1].port"), (YamlMark{7, 5}));
  EXPECT_EQ(locate(root, "spec.rules[7].port"), (YamlMark{5, 3}));
  EXPECT_EQ(locate(root, "spec.hostnames[0]"), (YamlMark{4, 1}));
  EXPECT_EQ(locate(root, "metadata.labels[a.b/c[d]]"), (YamlMark{3, 5}));
  EXPECT_EQ(locate(root, "metadata.labels[x]"), (YamlMark{2, 3}));
  EXPECT_EQ(locate(root, "status"), (YamlMark{1, 1}));
  EXPECT_EQ(locate(root, ""), (YamlMark{1, 1}));
}

TEST(YamlTree, BrokenPathsAreHarmless) {
  const YamlStream stream = parse_yaml("a: [1]\n");
  for (const char* path :
       {"[", "a[", "a]", "a[]", "a[x]", "..", "a..b", "a[0][0]", "a[99999999999"}) {
    EXPECT_GE(locate(stream.documents.at(0).root(), path).line, 1) << path;
  }
}

}  // namespace
}  // namespace limpet::cli
