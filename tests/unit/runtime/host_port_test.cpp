#include "runtime/host_port.h"

#include <gtest/gtest.h>

namespace limpet {
namespace {

TEST(HostPortTest, ReadsAndPrints) {
  for (const char* text : {"127.0.0.1:7700", "localhost:0", "[::1]:80", "server.example:65535"}) {
    const auto address = parse_host_port(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(to_string(*address), text);
  }
  EXPECT_EQ(*parse_host_port("[::1]:80"), (HostPort{"::1", 80}));
}

TEST(HostPortTest, RefusesWhatIsNone) {
  for (const char* text : {"", ":", "host", "host:", ":80", "host:65536", "host:-1", "host:8o",
                           "host: 80", "::1:80", "[]:80", "ho st:80", "http://host:80"}) {
    EXPECT_EQ(parse_host_port(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

TEST(HostPortTest, KnowsTheMachineItself) {
  for (const char* host : {"localhost", "127.0.0.1", "127.9.9.9", "::1"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const char* host : {"0.0.0.0", "::", "10.0.0.1", "example.org", "", "127.0.0.1.example"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

}  // namespace
}  // namespace limpet
