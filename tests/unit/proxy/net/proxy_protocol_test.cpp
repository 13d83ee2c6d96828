// Sections are those of haproxy's doc/proxy-protocol.txt.
#include "proxy/net/proxy_protocol.h"

#include <string>

#include <gtest/gtest.h>

namespace limpet {
namespace {

using Status = ProxyHeader::Status;

// What a header says, however it arrives: "more", "bad", or its size and the source. Whatever
// stands behind it makes no difference.
std::string read(const std::string& bytes) {
  const auto text = [](const ProxyHeader& header) {
    if (header.status == Status::kMore) return std::string("more");
    if (header.status == Status::kBad) return std::string("bad");
    return std::to_string(header.size) + " " +
           (header.source ? header.source->to_string() : "peer");
  };
  const std::string whole = text(parse_proxy_header(bytes));
  std::string grown = "more";
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const std::string now = text(parse_proxy_header(bytes.substr(0, size)));
    if (grown != "more") {
      EXPECT_EQ(now, grown) << size;
    }
    grown = now;
  }
  EXPECT_EQ(grown, whole);
  if (whole != "more") {
    for (const char* behind : {"G", "GET / HTTP/1.1\r\n", "\r\n", "PROXY TCP4 ", "\xFF"}) {
      EXPECT_EQ(text(parse_proxy_header(bytes + behind)), whole);
    }
  }
  return whole;
}

TEST(ProxyProtocolV1, Addresses) {
  EXPECT_EQ(read("PROXY TCP4 192.0.2.1 198.51.100.2 4711 80\r\n"), "43 192.0.2.1:4711");
  EXPECT_EQ(read("PROXY TCP6 2001:db8::1 ::1 4711 443\r\n"), "37 [2001:db8::1]:4711");
  EXPECT_EQ(read("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"),
            "56 255.255.255.255:65535");
  EXPECT_EQ(read("PROXY TCP4 1.1.1.1 2.2.2.2 0 0\r\n"), "32 1.1.1.1:0");
}

TEST(ProxyProtocolV1, UnknownIsThePeer) {
  EXPECT_EQ(read("PROXY UNKNOWN\r\n"), "15 peer");
  EXPECT_EQ(read("PROXY UNKNOWN ffff::1 ffff::1 65535 65535\r\n"), "43 peer");
  EXPECT_EQ(read("PROXY UNKNOWN anything at all\r\n"), "31 peer");
  const std::string longest = "PROXY UNKNOWN " + std::string(kMaxProxyLine - 16, 'f') + "\r\n";
  ASSERT_EQ(longest.size(), kMaxProxyLine);
  EXPECT_EQ(read(longest), "107 peer");
  EXPECT_EQ(read("PROXY UNKNOWN " + std::string(kMaxProxyLine - 15, 'f') + "\r\n"), "bad");
}

TEST(ProxyProtocolV1, IsReadStrictly) {
  for (const char* wrong : {"GET / HTTP/1.1\r\n",
                            "proxy TCP4 1.1.1.1 2.2.2.2 1 2\r\n",
                            "PROXY\r\n",
                            "PROXY \r\n",
                            "PROXY TCP4\r\n",
                            "PROXY TCP5 1.1.1.1 2.2.2.2 1 2\r\n",
                            "PROXY TCP4 1.1.1.1 2.2.2.2 1\r\n",
                            "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 \r\n",
                            "PROXY TCP4 1.1.1.1 2.2.2.2 1 2 3\r\n",
                            "PROXY TCP4  1.1.1.1 2.2.2.2 1 2\r\n",
                            "PROXY TCP4 1.1.1.1 2.2.2.2  1 2\r\n",
                            "PROXY TCP4\t1.1.1.1 2.2.2.2 1 2\r\n",
                            "PROXY TCP4 1.1.1.1 2.2.2.2 65536 2\r\n",
                            "PROXY TCP4 1.1.1.1 2.2.2.2 1 02\r\n",
                            "PROXY TCP4 1.1.1.1 2.2.2.2 +1 2\r\n",
                            "PROXY TCP4 1.1.1.1 2.2.2.2 1 \r\n",
                            "PROXY TCP4 1.1.1 2.2.2.2 1 2\r\n",
                            "PROXY TCP4 ::1 ::2 1 2\r\n",
                            "PROXY TCP6 1.1.1.1 2.2.2.2 1 2\r\n",
                            "PROXY TCP4 1.1.1.1 ::2 1 2\r\n",
                            "PROXY TCP6 fe80::1%eth0 ::2 1 2\r\n",
                            "PROXY TCP4 host other 1 2\r\n",
                            "PROXY UDP4 1.1.1.1 2.2.2.2 1 2\r\n",
                            "PROXY UNKNOWNX\r\n",
                            "PROXY TCP4 1.1.1.1 2.2.2.2 1 2\n",
                            "PROXY UNKNOWN\rX\n",
                            " PROXY UNKNOWN\r\n"}) {
    EXPECT_EQ(read(wrong), "bad") << wrong;
  }
  EXPECT_EQ(read(std::string("PROXY UNKNOWN a\0b\r\n", 19)), "bad");
  EXPECT_EQ(read("PROXY UNKNOWN" + std::string(kMaxProxyLine, ' ')), "bad");
  EXPECT_EQ(read("PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r"), "more");
}

const std::string kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string number(size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xFF)};
}

std::string v2(int command, int family, const std::string& body) {
  return kSignature + static_cast<char>(command) + static_cast<char>(family) + number(body.size()) +
         body;
}

const std::string kV4("\xC0\x00\x02\x01\xC6\x33\x64\x02\x12\x67\x00\x50", 12);
const std::string kV6 = std::string("\x20\x01\x0D\xB8", 4) + std::string(11, '\0') + "\x01" +
                        std::string(15, '\0') + "\x01" + std::string("\x12\x67\x01\xBB", 4);

std::string tlv(int type, const std::string& value) {
  return static_cast<char>(type) + number(value.size()) + value;
}

TEST(ProxyProtocolV2, Addresses) {
  EXPECT_EQ(read(v2(0x21, 0x11, kV4)), "28 192.0.2.1:4711");
  EXPECT_EQ(read(v2(0x21, 0x21, kV6)), "52 [2001:db8::1]:4711");
}

TEST(ProxyProtocolV2, WhatHasNoAddressIsThePeer) {
  EXPECT_EQ(read(v2(0x20, 0x00, "")), "16 peer") << "LOCAL";
  EXPECT_EQ(read(v2(0x20, 0x11, kV4)), "28 peer");
  EXPECT_EQ(read(v2(0x20, 0x77, "whatever")), "24 peer") << "its family is ignored, section 2.2";
  EXPECT_EQ(read(v2(0x21, 0x00, "")), "16 peer") << "AF_UNSPEC";
  EXPECT_EQ(read(v2(0x21, 0x00, "whatever")), "24 peer");
  EXPECT_EQ(read(v2(0x21, 0x31, std::string(216, 'a'))), "232 peer") << "AF_UNIX";
}

TEST(ProxyProtocolV2, TlvsAreSkipped) {
  const std::string tlvs = tlv(0x01, "h2") + tlv(0x04, "") + tlv(0xE0, std::string(300, 'x'));
  EXPECT_EQ(read(v2(0x21, 0x11, kV4 + tlvs)), std::to_string(28 + tlvs.size()) + " 192.0.2.1:4711");
  EXPECT_EQ(read(v2(0x21, 0x11, kV4 + "\x04")), "bad") << "half a TLV";
  EXPECT_EQ(read(v2(0x21, 0x11, kV4 + std::string("\x04\x00\x05", 3) + "1234")), "bad");
  const std::string padding = tlv(0x04, std::string(kMaxProxyHeader - 28 - 3, '\0'));
  EXPECT_EQ(read(v2(0x21, 0x11, kV4 + padding)), "4096 192.0.2.1:4711");
}

// Section 2.2.4. The checksum is one that Python reckoned.
TEST(ProxyProtocolV2, AChecksumMustBeRight) {
  const std::string checksum("\x50\xEF\x26\x9E", 4);
  EXPECT_EQ(read(v2(0x21, 0x11, kV4 + tlv(0x03, checksum))), "35 192.0.2.1:4711");
  for (size_t i = 0; i < 35; ++i) {
    std::string damaged = v2(0x21, 0x11, kV4 + tlv(0x03, checksum));
    damaged[i] = static_cast<char>(damaged[i] ^ 0x40);
    // Without its checksum's type or length, it may be another good header.
    if (i < 28 || i > 30) {
      EXPECT_NE(read(damaged), "35 192.0.2.1:4711") << i;
    }
  }
  EXPECT_EQ(read(v2(0x21, 0x11, kV4 + tlv(0x03, "abcd"))), "bad");
  EXPECT_EQ(read(v2(0x21, 0x11, kV4 + tlv(0x03, checksum.substr(1)))), "bad") << "three bytes";
}

TEST(ProxyProtocolV2, IsReadStrictly) {
  EXPECT_EQ(read(v2(0x11, 0x11, kV4)), "bad") << "version 1";
  EXPECT_EQ(read(v2(0x31, 0x11, kV4)), "bad") << "version 3";
  EXPECT_EQ(read(v2(0x22, 0x11, kV4)), "bad") << "another command";
  EXPECT_EQ(read(v2(0x21, 0x12, kV4)), "bad") << "datagrams";
  EXPECT_EQ(read(v2(0x21, 0x10, kV4)), "bad");
  EXPECT_EQ(read(v2(0x21, 0x41, kV4)), "bad") << "another family";
  EXPECT_EQ(read(v2(0x21, 0x11, kV4.substr(1))), "bad") << "too short for its family";
  EXPECT_EQ(read(v2(0x21, 0x21, kV6.substr(1))), "bad");
  EXPECT_EQ(read(v2(0x21, 0x31, std::string(215, 'a'))), "bad");
  EXPECT_EQ(read(v2(0x21, 0x11, std::string(kMaxProxyHeader - 15, 'a'))), "bad") << "too long";
  std::string signature = v2(0x21, 0x11, kV4);
  signature[11] = 'X';
  EXPECT_EQ(read(signature), "bad");
  EXPECT_EQ(read(v2(0x21, 0x11, kV4).substr(0, 27)), "more");
  EXPECT_EQ(read("\r\n\r\nGET / HTTP/1.1\r\n"), "bad");
}

}  // namespace
}  // namespace limpet
