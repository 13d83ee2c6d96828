#include "runtime/flags.h"

#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace limpet {
namespace {

class FlagsTest : public ::testing::Test {
 protected:
  FlagsTest() {
    app_.set_version_flag("--version", "1");
    add_option(app_, "--test-name", name_, "a name");
    add_option(app_, "--test-count", count_, "a number");
    add_option(app_, "--test-listen", listen_, "an address");
    add_option(app_, "--test-server", servers_, "addresses");
  }
  ~FlagsTest() override {
    for (const char* variable : {"LIMPET_TEST_NAME", "LIMPET_TEST_LISTEN",
                                 "LIMPET_TEST_SERVER"}) {
      ::unsetenv(variable);
    }
  }

  std::optional<int> parse(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "program");
    ::testing::internal::CaptureStderr();
    ::testing::internal::CaptureStdout();
    const auto code =
        parse_command_line(app_, static_cast<int>(arguments.size()), arguments.data());
    error_ = ::testing::internal::GetCapturedStderr();
    output_ = ::testing::internal::GetCapturedStdout();
    return code;
  }

  CLI::App app_{"about", "program"};
  std::string name_ = "default";
  int count_ = 1;
  HostPort listen_{"127.0.0.1", 1};
  std::vector<HostPort> servers_{{"a", 1}};
  std::string error_;
  std::string output_;
};

TEST_F(FlagsTest, NamesTheEnvironmentsVariable) {
  EXPECT_EQ(environment_name("--data-dir"), "LIMPET_DATA_DIR");
}

TEST_F(FlagsTest, KeepsDefaults) {
  EXPECT_EQ(parse({}), std::nullopt);
  EXPECT_EQ(name_, "default");
  EXPECT_EQ(servers_, (std::vector<HostPort>{{"a", 1}}));
}

TEST_F(FlagsTest, ReadsTheCommandLine) {
  EXPECT_EQ(parse({"--test-name", "x", "--test-listen=[::1]:2", "--test-server", "b:2",
                   "--test-server", "c:3"}),
            std::nullopt);
  EXPECT_EQ(name_, "x");
  EXPECT_EQ(listen_, (HostPort{"::1", 2}));
  EXPECT_EQ(servers_, (std::vector<HostPort>{{"b", 2}, {"c", 3}}));
}

TEST_F(FlagsTest, ReadsTheEnvironmentBehindTheCommandLine) {
  ::setenv("LIMPET_TEST_NAME", "from environment", 1);
  ::setenv("LIMPET_TEST_LISTEN", "127.0.0.9:9", 1);
  ::setenv("LIMPET_TEST_SERVER", "b:2,c:3", 1);
  EXPECT_EQ(parse({"--test-name", "x"}), std::nullopt);
  EXPECT_EQ(name_, "x");
  EXPECT_EQ(listen_, (HostPort{"127.0.0.9", 9}));
  EXPECT_EQ(servers_, (std::vector<HostPort>{{"b", 2}, {"c", 3}}));
}

TEST_F(FlagsTest, ToldInOneLine) {
  for (const std::vector<const char*>& bad : std::vector<std::vector<const char*>>{
           {"--no-such"}, {"stray"}, {"--test-count", "x"}, {"--test-listen", "x"},
           {"--test-name"}}) {
    EXPECT_EQ(parse(bad), kExitUsage) << bad.front();
    EXPECT_TRUE(error_.starts_with("program: ")) << error_;
    EXPECT_EQ(error_.find('\n'), error_.size() - 1) << error_;
    EXPECT_NE(error_.find(bad.front()), std::string::npos) << error_;
  }
}

TEST_F(FlagsTest, VersionGoesToStdout) {
  EXPECT_EQ(parse({"--version"}), 0);
  EXPECT_EQ(output_, "1\n");
  EXPECT_EQ(error_, "");
}

}  // namespace
}  // namespace limpet
