#include "cli/contexts/contexts.h"

#include <gtest/gtest.h>

namespace limpet::cli {
namespace {

TEST(Contexts, AreWrittenAsTheyAreRead) {
  Contexts contexts;
  contexts.current = "prod";
  contexts.put("prod").connection = {"gateway:7700", {"alice.pem", "ca.crt"}, "", ""};
  contexts.put("dev").connection.token_file = "a: b";
  const std::string text = to_text(contexts);
  EXPECT_EQ(text,
            "currentContext: prod\n"
            "contexts:\n"
            "- name: prod\n"
            "  server: gateway:7700\n"
            "  tlsCa: ca.crt\n"
            "  tlsIdentity: alice.pem\n"
            "- name: dev\n"
            "  tokenFile: \"a: b\"\n");
  const Contexts again = parse_contexts(text).value();
  EXPECT_EQ(again.current, "prod");
  ASSERT_EQ(again.all.size(), 2U);
  EXPECT_EQ(again.find("prod")->connection, contexts.find("prod")->connection);
  EXPECT_EQ(again.find("dev")->connection, contexts.find("dev")->connection);
}

TEST(Contexts, ComeAndGoByName) {
  Contexts contexts;
  contexts.put("a").connection.server = "one";
  contexts.put("a").connection.server = "two";
  EXPECT_EQ(contexts.all.size(), 1U);
  contexts.current = "a";
  EXPECT_FALSE(contexts.remove("b"));
  EXPECT_TRUE(contexts.remove("a"));
  EXPECT_EQ(contexts.current, "");
  EXPECT_EQ(contexts.find("a"), nullptr);
}

TEST(Contexts, MistakesHaveTheirPlace) {
  EXPECT_TRUE(parse_contexts("")->all.empty());
  const auto problem = [](const std::string& text) {
    return std::string(parse_contexts(text).status().message());
  };
  EXPECT_EQ(problem("- a\n"), "1:1: must be a map");
  EXPECT_EQ(problem("curentContext: a\n"), "1:1: unknown field curentContext");
  EXPECT_EQ(problem("contexts:\n- server: a\n"), "2:3: a context needs a name");
  EXPECT_EQ(problem("contexts:\n- name: a\n  sever: b\n"), "3:3: unknown field sever");
  EXPECT_EQ(problem("contexts:\n- name: a\n- name: a\n"), "3:3: a second context a");
  EXPECT_NE(problem("contexts: ["), "");
}

}  // namespace
}  // namespace limpet::cli
