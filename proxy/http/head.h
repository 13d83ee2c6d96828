// Message heads of HTTP/1 (RFC 9112), parsed strictly: whatever two readers could understand
// differently is refused, so that this gateway and an upstream never disagree about where a
// message ends.
//
// Heads are views into the bytes that were parsed; those must stay where they are as long as the
// head is used.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/routing/listener_settings.h"
#include "proxy/http/chars.h"

namespace limpet::http {

inline constexpr size_t kMaxAuthority = 300;  // bytes; a DNS name has at most 253 characters

// The fields that a gateway looks at.
enum class FieldId : uint8_t {
  kOther, kCacheControl, kConnection, kContentLength, kCookie, kDate, kExpect, kForwarded, kHost,
  kKeepAlive, kProxyConnection, kTe, kTransferEncoding, kUpgrade, kXForwardedFor, kXForwardedHost,
  kXForwardedPort, kXForwardedProto,
  kXForwardedOther,  // X-Forwarded-Prefix and so on, also with underscores, as CGI reads them
};

struct Field {
  std::string_view name;
  std::string_view value;  // without white space at its ends
  FieldId id = FieldId::kOther;
};

// How the end of a body is found (RFC 9112 §6.3).
enum class BodyKind : uint8_t { kNone, kLength, kChunked, kUntilClose };

// What a head says beside its fields.
struct HeadFacts {
  int minor_version = 1;  // of HTTP/1.x; above 1 it is read as 1.1 (RFC 9110 §2.5)
  size_t field_count = 0;
  BodyKind body = BodyKind::kNone;
  uint64_t content_length = 0;      // with kLength
  bool connection_close = false;
  bool connection_keep_alive = false;
  bool lists_connection_fields = false;  // Connection names fields other than those two
};

struct Head : HeadFacts {
  std::array<Field, kMaxFields> fields;  // those behind field_count mean nothing

  const Field* begin() const { return fields.data(); }
  const Field* end() const { return fields.data() + field_count; }
  // The first of that id; null when there is none.
  const Field* find(FieldId id) const;
  // Whether a Connection field lists the name (RFC 9110 §7.6.1).
  bool connection_lists(std::string_view name) const;
};

struct RequestHead : Head {
  std::string_view method;
  std::string_view target;     // as received
  std::string_view path;       // from the slash up to "?"; "/" for OPTIONS *, which is routed so
  // Path and query: the origin-form (RFC 9112 §3.2.1), or "*". Of an absolute-form without path it
  // may be the query alone ("?q"): "/" belongs before it.
  std::string_view path_query;
  std::string_view authority;  // of the target in absolute-form, else of Host; may have a port

  // Behind the "?"; empty when there is none.
  std::string_view query() const {
    const size_t mark = path_query.find('?');
    return mark == std::string_view::npos ? std::string_view() : path_query.substr(mark + 1);
  }
};

struct ResponseHead : Head {
  int status = 0;
  std::string_view reason;  // without data: the space before it is missing, too
};

enum class ParseError : uint8_t {
  kNone,
  kBad,             // 400
  kTargetTooLong,   // 414
  kTooLarge,        // 431
  kNotImplemented,  // 501: a transfer coding that this gateway does not know (RFC 9112 §6.1)
  kVersion,         // 505
};

// Finds the end of a head that arrives in pieces. Resumes where it stopped: every byte is looked at
// once.
class HeadScanner {
 public:
  // `bytes`: all that has arrived since the head's first byte. 0: more is needed; otherwise the
  // head's size with its empty line. A line feed without carriage return sets bad().
  size_t scan(std::string_view bytes);
  bool bad() const { return bad_; }
  void reset() { *this = HeadScanner(); }

 private:
  size_t scanned_ = 0;
  size_t line_start_ = 0;
  bool bad_ = false;
};

// Requires: `bytes` is one whole head, as the scanner found it.
ParseError parse_request_head(std::string_view bytes, const RequestLimits& limits,
                              RequestHead& head);

// `to_head`: the response answers a HEAD request. Any error means that the upstream cannot be
// understood.
ParseError parse_response_head(std::string_view bytes, bool to_head, ResponseHead& head);

FieldId identify(std::string_view name);

// visit(item) for each member of a comma-separated list, until it returns true.
template <typename Visit>
bool visit_list(std::string_view list, Visit&& visit) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    const std::string_view item = trim(list.substr(0, comma));
    if (!item.empty() && visit(item)) return true;
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return false;
}

// The host of an authority ("example.com:8080", "[::1]:80") without its port, as it was written.
std::string_view host_of(std::string_view authority);

bool equals_ignore_case(std::string_view a, std::string_view b);

}  // namespace limpet::http
