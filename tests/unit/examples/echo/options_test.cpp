#include "examples/echo/options.h"

#include <gtest/gtest.h>

namespace limpet::echo {
namespace {

std::variant<Options, Exit> parse(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "limpet-echo");
  return parse_options(static_cast<int>(arguments.size()), arguments.data(), "1.2.3");
}

std::string address(const boost::asio::ip::tcp::endpoint& endpoint) {
  return endpoint.address().to_string() + " " + std::to_string(endpoint.port());
}

TEST(Options, HasDefaults) {
  const auto parsed = parse({});
  const auto& options = std::get<Options>(parsed);
  ASSERT_EQ(options.listen.size(), 1U);
  EXPECT_EQ(address(options.listen[0]), "127.0.0.1 8080");
  EXPECT_EQ(options.name, "echo");
  EXPECT_EQ(options.status, 200U);
}

TEST(Options, ReadsEveryFlag) {
  const auto parsed = parse({"--listen", "127.0.0.11:8080", "--listen", "[::1]:0", "--name", "one",
                             "--status", "503", "--body", "Service unavailable", "--body-size",
                             "99", "--delay", "12", "--chunked"});
  const auto& options = std::get<Options>(parsed);
  ASSERT_EQ(options.listen.size(), 2U);
  EXPECT_EQ(address(options.listen[0]), "127.0.0.11 8080");
  EXPECT_EQ(address(options.listen[1]), "::1 0");
  EXPECT_EQ(options.name, "one");
  EXPECT_EQ(options.status, 503U);
  EXPECT_EQ(options.body, "Service unavailable");
  EXPECT_EQ(options.body_size, 99U);
  EXPECT_EQ(options.delay.count(), 12);
  EXPECT_TRUE(options.chunked);
}

TEST(Options, RefusesWhatIsNoAddress) {
  for (const char* bad : {"8080", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:70000",
                          "127.0.0.1:8o", ":80"}) {
    const auto parsed = parse({"--listen", bad});
    ASSERT_TRUE(std::holds_alternative<Exit>(parsed)) << bad;
    EXPECT_EQ(std::get<Exit>(parsed).code, 2) << bad;
    EXPECT_NE(std::get<Exit>(parsed).text.find(bad), std::string::npos) << bad;
  }
}

TEST(Options, RefusesInOneLine) {
  for (const auto& bad : {std::vector<const char*>{"--nonsense"},
                          std::vector<const char*>{"--status", "42"},
                          std::vector<const char*>{"--delay", "soon"}}) {
    const auto parsed = parse(bad);
    ASSERT_TRUE(std::holds_alternative<Exit>(parsed)) << bad[0];
    const auto& exit = std::get<Exit>(parsed);
    EXPECT_EQ(exit.code, 2) << bad[0];
    EXPECT_EQ(exit.text.find('\n'), exit.text.size() - 1) << exit.text;
  }
}

TEST(Options, HelpAndVersionAreNoErrors) {
  const auto help = parse({"--help"});
  EXPECT_EQ(std::get<Exit>(help).code, 0);
  EXPECT_NE(std::get<Exit>(help).text.find("--listen"), std::string::npos);
  const auto version = parse({"--version"});
  EXPECT_EQ(std::get<Exit>(version).text, "limpet-echo 1.2.3\n");
}

}  // namespace
}  // namespace limpet::echo
