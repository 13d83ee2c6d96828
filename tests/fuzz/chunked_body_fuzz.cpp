// Chunked bodies, from their first chunk line on: where one ends is where it ends to another
// reader, in whatever pieces it comes, whatever follows it, and never at the end of a connection.
#include "tests/fuzz/http_pieces.h"

namespace limpet::fuzz {
namespace {

Taken take_chunks(std::string_view text, size_t step) {
  http::Head head;
  head.body = http::BodyKind::kChunked;
  Taken taken;
  take_body(text, step, http::BodyFraming(head), false, taken);
  return taken;
}

// The same bytes as a body of a counted length.
void check_counted(std::string_view text, size_t length) {
  http::Head head;
  head.body = http::BodyKind::kLength;
  head.content_length = length;
  for (const size_t step : {size_t{1}, size_t{7}, std::max<size_t>(text.size(), 1)}) {
    Taken taken;
    take_body(text, step, http::BodyFraming(head), false, taken);
    require(taken == Taken{0, std::min(length, text.size()), length <= text.size(), false},
            "a counted body has so many bytes");
  }
}

}  // namespace
}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet::fuzz;
  const std::string_view text = text_of(data, size);
  const Taken whole = take_chunks(text, std::max<size_t>(size, 1));
  for (const size_t step : {1, 2, 7, 64}) {
    require(whole == take_chunks(text, step), "the pieces in which bytes come do not matter");
  }
  require(whole.end <= size, "a body ends within its bytes");
  const auto other = read_chunks(text, 0);
  if (whole.complete) {
    require(other == whole.end, "a body that is whole is so to another reader");
    require(whole == take_chunks(text.substr(0, whole.end), 7), "what follows does not matter");
    require(!take_chunks(text.substr(0, whole.end - 1), 7).complete, "nor is it whole before");
  } else if (!whole.failed) {
    require(!other, "a body that is not whole is not so to another reader");
  }
  check_counted(text, size / 2);
  check_counted(text, size + 1);
  return 0;
}
