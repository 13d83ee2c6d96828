// The first bytes of a connection on a port whose trusted peers send a PROXY protocol header.
#include "proxy/net/proxy_protocol.h"
#include "tests/fuzz/fuzz.h"

namespace limpet::fuzz {

using Status = ProxyHeader::Status;

std::vector<std::string> seeds() {
  const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);
  const std::string v4("\xC0\0\x02\x01\xC6\x33\x64\x02\x12\x67\0\x50", 12);
  return {
      "PROXY TCP4 192.0.2.1 198.51.100.2 4711 80\r\nGET / HTTP/1.1\r\n",
      "PROXY TCP6 2001:db8::1 ::1 4711 443\r\n",
      "PROXY UNKNOWN ffff::1 ffff::1 65535 65535\r\n",
      signature + std::string("\x20\0\0\0", 4),
      signature + std::string("\x21\0\0\x04", 4) + "skip",
      signature + std::string("\x21\x11\0\x0C", 4) + v4 + "GET",
      signature + std::string("\x21\x11\0\x13", 4) + v4 +
          std::string("\x03\0\x04\x50\xEF\x26\x9E", 7),
      signature + std::string("\x21\x11\0\x14", 4) + v4 + std::string("\x01\0\x02h2\x04\0\0", 8),
      signature + std::string("\x21\x21\0\x24", 4) + std::string(36, '\x20'),
      signature + std::string("\x21\x31\0\xD8", 4) + std::string(216, 'a')};
}

bool same(const ProxyHeader& a, const ProxyHeader& b) {
  return a.status == b.status && a.size == b.size && a.source == b.source;
}

}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  using namespace limpet::fuzz;
  const std::string_view bytes = text_of(data, size);
  const ProxyHeader whole = parse_proxy_header(bytes);
  require(whole.status != Status::kMore || size < kMaxProxyHeader,
          "nobody waits for more than that");
  bool decided = false;
  for (size_t end = 0; end <= size; ++end) {
    const ProxyHeader now = parse_proxy_header(bytes.substr(0, end));
    require(!decided || same(now, whole), "what follows makes no difference");
    decided = decided || now.status != Status::kMore;
    if (now.status == Status::kDone) {
      require(now.size <= end && now.size > 0, "a header has come before it is taken");
      require(now.size == end || same(parse_proxy_header(bytes.substr(0, end - 1)), now),
              "it is taken when its last byte comes");
      require(!now.source || now.source->family() == AF_INET || now.source->family() == AF_INET6,
              "it names an address");
    }
  }
  require(decided == (whole.status != Status::kMore), "pieces and the whole say the same");
  return 0;
}
