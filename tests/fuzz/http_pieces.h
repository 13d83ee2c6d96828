// Messages taken from a stream of bytes as the data plane takes them, in pieces of several sizes,
// and compared with what the other reader makes of the same bytes.
#pragma once

#include <algorithm>
#include <optional>

#include "proxy/http/body_framing.h"
#include "proxy/http/head.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/http_reader.h"

namespace limpet::fuzz {

struct Taken {
  size_t head = 0;
  size_t end = 0;  // of what was taken of the body
  bool complete = false;
  bool failed = false;
  bool operator==(const Taken&) const = default;
};

// The body that begins at `taken.end`, in pieces of that size. A body is whole before the
// connection ends, or its end is an error; one that lasts until then is whole with it.
inline void take_body(std::string_view text, size_t step, http::BodyFraming body, bool until_close,
                      Taken& taken) {
  const auto end_counts = [&] {
    http::BodyFraming ended = body;
    return ended.take_end() == (body.complete() || until_close);
  };
  while (!body.complete() && !body.failed() && taken.end < text.size()) {
    require(end_counts(), "the end of a connection is not that of a body");
    const std::string_view piece = text.substr(taken.end, step);
    const size_t size = body.take(piece);
    require(size <= piece.size(), "nothing is taken that was not given");
    require(size == piece.size() || body.complete() || body.failed(),
            "all is taken up to the body's end");
    taken.end += size;
  }
  require(body.take(text.substr(taken.end)) == 0 || until_close, "nothing follows a body");
  require(body.failed() || end_counts(), "the end of a connection is not that of a body");
  taken.complete = body.complete();
  taken.failed = body.failed();
}

template <typename Message, typename Parse>
std::optional<Taken> take(std::string_view text, size_t step, Message& head, Parse&& parse) {
  http::HeadScanner scanner;
  Taken taken;
  size_t come = 0;
  while (taken.head == 0) {
    if (come == text.size()) return std::nullopt;
    come = std::min(text.size(), come + step);
    taken.head = scanner.scan(text.substr(0, come));
    if (scanner.bad()) return std::nullopt;
  }
  if (parse(text.substr(0, taken.head), head) != http::ParseError::kNone) return std::nullopt;
  taken.end = taken.head;
  take_body(text, step, http::BodyFraming(head), head.body == http::BodyKind::kUntilClose, taken);
  return taken;
}

// `head` is that of the message, if there is one.
template <typename Message, typename Parse>
std::optional<Taken> take_in_pieces(std::string_view text, Message& head, Parse&& parse) {
  const auto whole = take(text, text.size(), head, parse);
  Message same;
  for (const size_t step : {1, 7}) {
    const auto pieces = take(text, step, same, parse);
    require(whole == pieces, "the pieces in which bytes come do not matter");
  }
  return whole;
}

inline void require_agreement(const std::optional<Taken>& taken,
                              const std::optional<OtherMessage>& other) {
  if (!taken) return;
  require(other.has_value(), "a head that is taken is one to another reader");
  require(other->head == taken->head, "and ends there");
  if (other->until_close) {
    require(!taken->complete && !taken->failed, "the body lasts until the connection ends");
  } else if (taken->complete) {
    require(other->end == taken->end, "a body that is whole is so to another reader");
  } else if (!taken->failed) {
    require(!other->end, "a body that is not whole is not so to another reader");
  }
}

inline http::ParseError parse_request(std::string_view bytes, http::RequestHead& head) {
  return http::parse_request_head(bytes, {}, head);
}
inline http::ParseError parse_any_response(std::string_view bytes, http::ResponseHead& head) {
  return http::parse_response_head(bytes, false, head);
}

}  // namespace limpet::fuzz
