// X-Forwarded-For and Forwarded, as a trusted peer may send them on.
#include "core/base/text.h"
#include "proxy/http/forwarded.h"
#include "tests/fuzz/fuzz.h"

namespace limpet::fuzz {

std::vector<std::string> seeds() {
  return {"for=192.0.2.60;proto=http;by=203.0.113.43",
          "for=192.0.2.43, for=\"[2001:db8:cafe::17]:4711\"",
          "host=\"a\\\", for=1.1.1.1\";for=_hidden, by=unknown;;", ", ,for=\"1.1.1.1:80\" ;host=h",
          "10.0.0.1, 192.0.2.1:80, [2001:db8::1]:4711, unknown, fd00::1"};
}

}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  using namespace limpet::fuzz;
  const std::string_view value = text_of(data, size);
  http::Nodes nodes;
  const bool good = http::read_forwarded(value, nodes);
  for (const char* ip : {"192.0.2.1", "2001:db8::1"}) {
    std::string extended = str_cat(value, ", ");
    http::append_forwarded_element(ip, "h:1", "http", extended);
    http::Nodes more;
    require(http::read_forwarded(extended, more) == good || !good, "it stays well formed");
    if (!good) continue;
    require(more.size() == nodes.size() + 1, "one hop is added");
    const auto last = http::parse_node(more.back());
    require(last && last->ip() == ip, "it is the one that was added, and the last");
  }

  static http::RequestHead head;
  const std::string text = str_cat("GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: ", value,
                                   "\r\nForwarded: ", value, "\r\n\r\n");
  http::HeadScanner scanner;
  if (scanner.scan(text) != text.size() || scanner.bad()) return 0;
  if (http::parse_request_head(text, {}, head) != http::ParseError::kNone) return 0;
  const CidrSet trusted({*Cidr::parse("10.0.0.0/8"), *Cidr::parse("fd00::/8")});
  const SocketAddress peer = *SocketAddress::parse("10.0.0.1", 1);
  const SocketAddress stranger = *SocketAddress::parse("192.0.2.9", 1);
  require(http::client_address(head, stranger, trusted) == stranger, "a stranger is not believed");
  const SocketAddress client = http::client_address(head, peer, trusted);
  require(!client.ip().empty(), "somebody made the request");
  return 0;
}
