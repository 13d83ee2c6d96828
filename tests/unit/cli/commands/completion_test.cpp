#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/base/text.h"
#include "tests/support/temporary_directory.h"
#include "tests/unit/cli/commands/run_gwctl.h"

namespace limpet::cli {
namespace {

class Completion : public testing::Test {
 protected:
  std::string complete(std::vector<std::string> words) {
    words.insert(words.begin(), "__complete");
    EXPECT_EQ(gwctl(std::move(words)), kOk);
    EXPECT_EQ(gwctl.err, "");
    return gwctl.out;
  }
  void store_two_objects() {
    gwctl.input = test::kTwoObjects;
    ASSERT_EQ(gwctl({"apply", "-f", "-"}), kOk);
  }

  test::Gwctl gwctl;
};

TEST_F(Completion, OfVerbsAndTheVerbsBelow) {
  EXPECT_EQ(complete({"desc"}), "describe\n");
  EXPECT_EQ(complete({"snapshot", ""}), "save\nrestore\n");
  EXPECT_EQ(complete({"__"}), "");
  EXPECT_TRUE(contains(complete({""}), "\nanalyze\n"));
}

TEST_F(Completion, OfFlagsAndTheirValues) {
  EXPECT_EQ(complete({"analyze", "--o"}), "--offline\n--output\n");
  EXPECT_EQ(complete({"analyze", "--ser"}), "--server\n");  // one of every verb
  EXPECT_EQ(complete({"analyze", "-o", ""}), "yaml\njson\n");
  EXPECT_EQ(complete({"analyze", "-f", ""}), "");               // the shell's own: files
  EXPECT_EQ(complete({"analyze", "--tok"}), "--token-file\n");  // not the hidden --token
}

TEST_F(Completion, OfKindsAndNames) {
  store_two_objects();
  EXPECT_EQ(complete({"get", "http"}), "httproutes\n");
  EXPECT_EQ(complete({"get", "hr", ""}), "");
  EXPECT_EQ(complete({"get", "-n", "server", "hr", ""}), "fortio-route\n");
  EXPECT_EQ(complete({"get", "--namespace=server", "hr/"}), "hr/fortio-route\n");
  EXPECT_EQ(complete({"get", "-n", ""}), "server\n");
  EXPECT_EQ(complete({"get", "nonsense", ""}), "");
  EXPECT_EQ(complete({"get", "-n", "server", "hr", "fortio-route", ""}), "");  // named already
}

TEST_F(Completion, AsksTheServerThatTheLineNamesForAShortTime) {
  store_two_objects();
  complete({"--server", "a:1", "get", "ns", ""});
  EXPECT_EQ(gwctl.state.connection.server, "a:1");
  EXPECT_LE(gwctl.state.connection.call_timeout, absl::Seconds(1));
  gwctl.state.error = absl::UnavailableError("nobody there");
  EXPECT_EQ(complete({"get", "ns", ""}), "");
  EXPECT_EQ(complete({"--context", "none", "get", "ns", ""}), "");
}

TEST_F(Completion, ScriptsAskGwctl) {
  for (const char* shell : {"bash", "zsh"}) {
    EXPECT_EQ(gwctl({"completion", shell}), kOk);
    EXPECT_TRUE(contains(gwctl.out, " __complete ")) << gwctl.out;
  }
  EXPECT_EQ(gwctl({"completion", "fish"}), kUsage);
}

TEST_F(Completion, ManPagesAreOfEveryVerb) {
  const TemporaryDirectory directory;
  EXPECT_EQ(gwctl({"__man", directory.path().string()}), kOk);
  for (const char* name : {"gwctl", "gwctl-apply", "gwctl-nodes-adopt", "gwctl-completion"}) {
    std::ifstream page(directory / (std::string(name) + ".1"));
    std::stringstream text;
    text << page.rdbuf();
    EXPECT_TRUE(text.str().starts_with(".TH gwctl")) << name;
    EXPECT_TRUE(contains(text.str(), "\n.SH SYNOPSIS\n")) << name;
  }
  EXPECT_EQ(gwctl({"__man", (directory / "missing").string()}), kUsage);
}

}  // namespace
}  // namespace limpet::cli
