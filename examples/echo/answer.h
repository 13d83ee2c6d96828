// From a request's head to what is sent back. Pure, so that it can be tested without sockets.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <boost/beast/http/fields.hpp>
#include <boost/beast/http/message.hpp>

#include "examples/echo/options.h"

namespace limpet::echo {

using RequestHead = boost::beast::http::request_header<>;

struct Answer {
  enum class Kind {
    kBody,   // `size` bytes: `pattern`, over and over
    kEcho,   // the request's body, as it arrives
    kClose,  // no answer: the connection is closed
  };
  Kind kind = Kind::kBody;
  unsigned status = 200;
  std::string content_type = "text/plain";
  std::string pattern;  // not empty where size > 0
  uint64_t size = 0;    // bytes
  bool chunked = false;
  std::chrono::milliseconds delay{0};
};

// Paths with a meaning of their own; any other gives what the options say:
//   /inspect            the request, as JSON lines: first the request line, then each header
//   /echo               the request's body
//   /slow?ms=N          after N more milliseconds
//   /bytes?n=N          N bytes; &chunked=1: in chunks
//   /status?code=N      that status
//   /close              closes the connection without an answer
Answer answer_for(const Options& options, const RequestHead& head);

// The value of a parameter of the target's query, not decoded; empty when it has none.
std::string_view query_value(std::string_view target, std::string_view name);

// Writes the bytes at `offset` of the endless repetition of `pattern`. Requires: pattern not empty.
void fill(std::string_view pattern, uint64_t offset, char* out, size_t size);

}  // namespace limpet::echo
