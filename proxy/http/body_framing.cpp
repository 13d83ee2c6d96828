#include "proxy/http/body_framing.h"

#include <algorithm>

#include "proxy/http/chars.h"

namespace limpet::http {
namespace {

// Fields that frame or route a message or speak of the connection have no meaning behind a body
// (RFC 9110 §6.5.1); a reader that took them for ones of the head would be misled.
bool may_be_trailer(std::string_view name) {
  const FieldId id = identify(name);
  return id == FieldId::kOther || id == FieldId::kDate || id == FieldId::kCacheControl;
}

}  // namespace

BodyFraming::BodyFraming(const Head& head) {
  switch (head.body) {
    case BodyKind::kNone: state_ = State::kComplete; break;
    case BodyKind::kLength:
      left_ = head.content_length;
      state_ = left_ == 0 ? State::kComplete : State::kCounted;
      break;
    case BodyKind::kChunked: state_ = State::kSizeFirst; break;
    case BodyKind::kUntilClose: state_ = State::kUntilClose; break;
  }
}

size_t BodyFraming::take(std::string_view bytes) {
  switch (state_) {
    case State::kComplete:
    case State::kFailed: return 0;
    case State::kCounted: return take_counted(bytes, State::kComplete);
    case State::kUntilClose: return bytes.size();
    default: return take_chunked(bytes);
  }
}

bool BodyFraming::take_end() {
  if (state_ == State::kUntilClose) state_ = State::kComplete;
  if (state_ != State::kComplete) state_ = State::kFailed;
  return state_ == State::kComplete;
}

size_t BodyFraming::take_counted(std::string_view bytes, State then) {
  const size_t size = static_cast<size_t>(std::min<uint64_t>(left_, bytes.size()));
  left_ -= size;
  if (left_ == 0) state_ = then;
  return size;
}

size_t BodyFraming::take_chunked(std::string_view bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && !complete() && !failed()) {
    if (state_ == State::kData) {
      taken += take_counted(bytes.substr(taken), State::kDataReturn);
    } else {
      state_ = next(bytes[taken]);
      if (!failed()) ++taken;
    }
  }
  return taken;
}

BodyFraming::State BodyFraming::next(char c) {
  switch (state_) {
    case State::kSizeFirst:
      left_ = 0;
      line_bytes_ = 0;
      return hex_value(c) < 0 ? State::kFailed : next_in_size(c);
    case State::kSize: return next_in_size(c);
    case State::kExtension:
      if (c == '\r') return State::kSizeLineFeed;
      if (!is_char(c, kValueChar) || ++line_bytes_ > kMaxExtension) return State::kFailed;
      return ++excess_ <= kMaxExcess ? State::kExtension : State::kFailed;
    case State::kSizeLineFeed:
      if (c != '\n') return State::kFailed;
      line_bytes_ = 0;
      excess_ -= static_cast<uint32_t>(std::min<uint64_t>(excess_, left_));
      return left_ == 0 ? State::kTrailerStart : State::kData;
    case State::kDataReturn: return c == '\r' ? State::kDataLineFeed : State::kFailed;
    case State::kDataLineFeed: return c == '\n' ? State::kSizeFirst : State::kFailed;
    case State::kLastLineFeed: return c == '\n' ? State::kComplete : State::kFailed;
    default: return next_in_trailer(c);
  }
}

BodyFraming::State BodyFraming::next_in_size(char c) {
  if (c == '\r') return State::kSizeLineFeed;
  if (c == ';') {
    line_bytes_ = 0;
    return State::kExtension;
  }
  const int digit = hex_value(c);
  if (digit < 0 || ++line_bytes_ > kMaxSizeDigits) return State::kFailed;
  left_ = left_ << 4 | static_cast<uint64_t>(digit);
  return State::kSize;
}

BodyFraming::State BodyFraming::next_in_trailer(char c) {
  if (++line_bytes_ > kMaxTrailers) return State::kFailed;
  switch (state_) {
    case State::kTrailerStart:
      if (c == '\r') return State::kLastLineFeed;
      name_size_ = 0;
      return next_in_trailer_name(c);
    case State::kTrailerName:
      if (c != ':') return next_in_trailer_name(c);
      return may_be_trailer({name_.data(), name_size_}) ? State::kTrailerValue : State::kFailed;
    case State::kTrailerValue:
      if (c == '\r') return State::kTrailerLineFeed;
      return is_char(c, kValueChar) ? State::kTrailerValue : State::kFailed;
    case State::kTrailerLineFeed: return c == '\n' ? State::kTrailerStart : State::kFailed;
    default: return State::kFailed;
  }
}

BodyFraming::State BodyFraming::next_in_trailer_name(char c) {
  if (!is_char(c, kTokenChar)) return State::kFailed;
  if (name_size_ < name_.size()) name_[name_size_++] = c;
  return State::kTrailerName;
}

}  // namespace limpet::http
