// Where a message's body ends (RFC 9112 §6 and §7), over raw bytes: bodies are passed on as they
// came, chunked ones with their chunk lines and trailers, never taken apart and built anew.
//
// The chunk scanner is as strict as the grammar: CR LF alone ends lines, sizes are 1 to 15
// hexadecimal digits, extensions and trailers are bounded, and no trailer has the name of a field
// that frames, routes or is for one connection. What it lets through, an upstream cannot
// read as ending elsewhere.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "proxy/http/head.h"

namespace limpet::http {

class BodyFraming {
 public:
  BodyFraming() = default;  // no body: complete
  explicit BodyFraming(const Head& head);

  // How many of the bytes belong to the body. Fewer than given: the body ended, or failed().
  size_t take(std::string_view bytes);
  // The sender closed the connection. Whether the body is whole with that.
  bool take_end();

  bool complete() const { return state_ == State::kComplete; }
  bool failed() const { return state_ == State::kFailed; }

 private:
  enum class State : uint8_t {
    kComplete, kFailed, kCounted, kUntilClose,
    kSizeFirst, kSize, kExtension, kSizeLineFeed, kData, kDataReturn, kDataLineFeed,
    kTrailerStart, kTrailerName, kTrailerValue, kTrailerLineFeed, kLastLineFeed,
  };
  static constexpr uint32_t kMaxSizeDigits = 15;     // below 2^63 whatever they say
  static constexpr uint32_t kMaxExtension = 1024;    // bytes, per chunk
  static constexpr uint32_t kMaxExcess = 16 * 1024;  // bytes of extensions beyond those of data
  static constexpr uint32_t kMaxTrailers = 8 * 1024; // bytes, all together

  size_t take_counted(std::string_view bytes, State then);
  size_t take_chunked(std::string_view bytes);
  State next(char c);
  State next_in_size(char c);
  State next_in_trailer(char c);
  State next_in_trailer_name(char c);

  State state_ = State::kComplete;
  uint64_t left_ = 0;         // of the body, or of the chunk
  uint32_t line_bytes_ = 0;   // size digits; bytes of extension; bytes of trailers
  uint32_t excess_ = 0;
  // Of the trailer's name, its beginning: longer than any name that is looked for as a whole.
  std::array<char, 18> name_;
  uint8_t name_size_ = 0;
};

}  // namespace limpet::http
