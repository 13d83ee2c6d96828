// Forwarded, as a trusted peer may send it on.
#include "core/base/text.h"
#include "proxy/http/forwarded.h"
#include "tests/fuzz/fuzz.h"

namespace limpet::fuzz {

std::vector<std::string> seeds() {
  return {"for=192.0.2.60;proto=http;by=203.0.113.43",
          "for=192.0.2.43, for=\"[2001:db8:cafe::17]:4711\"",
          "host=\"a\\\", for=1.1.1.1\";for=_hidden, by=unknown;;", ", ,for=\"1.1.1.1:80\" ;host=h"};
}

}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  using namespace limpet::fuzz;
  const std::string_view value = text_of(data, size);
  const bool good = http::is_forwarded(value);
  for (const char* ip : {"192.0.2.1", "2001:db8::1"}) {
    std::string extended = str_cat(value, ", ");
    http::append_forwarded_element(ip, "h:1", "http", extended);
    require(http::is_forwarded(extended) == good || !good, "it stays well formed");
  }
  return 0;
}
