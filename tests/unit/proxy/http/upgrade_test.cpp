#include "proxy/http/upgrade.h"

#include <string>

#include <gtest/gtest.h>

namespace limpet::http {
namespace {

std::string offered(const std::string& fields, const char* version = "1.1") {
  const std::string text =
      std::string("GET / HTTP/") + version + "\r\nHost: h\r\n" + fields + "\r\n";
  RequestHead head;
  EXPECT_EQ(parse_request_head(text, {}, head), ParseError::kNone) << text;
  return std::string(offered_protocols(head));
}

bool switches(const std::string& offer, const std::string& fields) {
  const std::string text = "HTTP/1.1 101 Switching Protocols\r\n" + fields + "\r\n";
  ResponseHead head;
  EXPECT_EQ(parse_response_head(text, false, head), ParseError::kNone) << text;
  return is_switch_to(offer, head);
}

TEST(Upgrade, IsOfferedByBothFieldsTogether) {
  EXPECT_EQ(offered("Connection: Upgrade\r\nUpgrade: websocket\r\n"), "websocket");
  EXPECT_EQ(offered("Upgrade: a/1, b\r\nConnection: keep-alive, UPGRADE\r\n"), "a/1, b");
  EXPECT_EQ(offered("Upgrade: websocket\r\n"), "");
  EXPECT_EQ(offered("Connection: upgrade\r\n"), "");
  EXPECT_EQ(offered("Connection: upgrade\r\nUpgrade: ,\r\n"), "");
  EXPECT_EQ(offered("Connection: upgrade\r\nUpgrade:\r\nUpgrade: websocket\r\n"), "");
  EXPECT_EQ(offered("Connection: keep-alive\r\nUpgrade: websocket\r\n"), "");
  EXPECT_EQ(offered("Connection: upgrade\r\nUpgrade: websocket\r\n", "1.0"), "");
}

TEST(Upgrade, OfHttpItselfOrTlsIsNotPassedOn) {
  for (const char* protocol : {"h2c", "H2C", "h2", "HTTP/2.0", "TLS/1.3", "websocket, h2c"}) {
    EXPECT_EQ(offered(std::string("Connection: upgrade\r\nUpgrade: ") + protocol + "\r\n"), "")
        << protocol;
  }
}

TEST(Upgrade, IsTakenByWhatWasOffered) {
  constexpr char kConnection[] = "Connection: upgrade\r\n";
  EXPECT_TRUE(switches("websocket", std::string(kConnection) + "Upgrade: WebSocket\r\n"));
  EXPECT_TRUE(switches("a/1, b", std::string(kConnection) + "Upgrade: b\r\n"));
  EXPECT_FALSE(switches("a/1, b", std::string(kConnection) + "Upgrade: a/2\r\n"));
  EXPECT_FALSE(switches("a/1, b", std::string(kConnection) + "Upgrade: b, c\r\n"));
  EXPECT_FALSE(switches("websocket", "Upgrade: websocket\r\n"));
  EXPECT_FALSE(switches("websocket", kConnection));
  EXPECT_FALSE(switches("websocket", std::string(kConnection) + "Upgrade: ,\r\n"));
  EXPECT_FALSE(switches("", std::string(kConnection) + "Upgrade: websocket\r\n"));
}

}  // namespace
}  // namespace limpet::http
