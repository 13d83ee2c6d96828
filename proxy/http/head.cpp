#include "proxy/http/head.h"

#include <cstring>

#include "proxy/http/chars.h"

namespace limpet::http {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }

// `expected` in lower case.
bool is_name(std::string_view name, std::string_view expected) {
  if (name.size() != expected.size()) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (lower(name[i]) != expected[i]) return false;
  }
  return true;
}

// Takes one line off the front, without its end. Requires: the head is whole, as the scanner
// found it, so that every line ends with CR LF.
std::string_view take_line(std::string_view& bytes) {
  const auto* end = static_cast<const char*>(std::memchr(bytes.data(), '\n', bytes.size()));
  const auto size = static_cast<size_t>(end - bytes.data());
  const std::string_view line = bytes.substr(0, size - 1);
  bytes.remove_prefix(size + 1);
  return line;
}

ParseError parse_field(std::string_view line, size_t max_fields, Head& head) {
  if (head.field_count == max_fields) return ParseError::kTooLarge;
  size_t colon = 0;
  while (colon < line.size() && is_char(line[colon], kTokenChar)) ++colon;
  // No name, white space before the colon, or a folded line: RFC 9112 §5.1 and §5.2.
  if (colon == 0 || colon == line.size() || line[colon] != ':') return ParseError::kBad;
  Field& field = head.fields[head.field_count];
  field.name = line.substr(0, colon);
  field.value = trim(line.substr(colon + 1));
  if (!all_chars(field.value, kValueChar)) return ParseError::kBad;
  field.id = identify(field.name);
  ++head.field_count;
  return ParseError::kNone;
}

// Requires: max_fields <= kMaxFields.
ParseError parse_fields(std::string_view bytes, size_t max_fields, Head& head) {
  for (;;) {
    const std::string_view line = take_line(bytes);
    if (line.empty()) return ParseError::kNone;
    const ParseError error = parse_field(line, max_fields, head);
    if (error != ParseError::kNone) return error;
  }
}

// "HTTP/1." and a digit. A minor version that is not known yet is read as the highest that is
// (RFC 9110 §2.5); another major version may be anything.
ParseError parse_version(std::string_view text, Head& head) {
  if (text.size() != 8 || !text.starts_with("HTTP/") || text[6] != '.') return ParseError::kBad;
  const auto digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!digit(text[5]) || !digit(text[7])) return ParseError::kBad;
  if (text[5] != '1') return ParseError::kVersion;
  head.minor_version = text[7] - '0';
  return ParseError::kNone;
}

// Digits alone: no sign, no list, no white space (RFC 9110 §8.6).
bool parse_length(std::string_view text, uint64_t& length) {
  if (text.empty() || text.size() > 18) return false;
  length = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    length = length * 10 + static_cast<uint64_t>(c - '0');
  }
  return true;
}

void note_connection(std::string_view value, Head& head) {
  visit_list(value, [&](std::string_view item) {
    if (is_name(item, "close")) {
      head.connection_close = true;
    } else if (is_name(item, "keep-alive")) {
      head.connection_keep_alive = true;
    } else {
      head.lists_connection_fields = true;
    }
    return false;
  });
}

// A list that names chunked otherwise than once and at its end leaves the body's end open (RFC 9112
// §6.3, 4.2); other codings are merely not known here.
ParseError parse_coding(std::string_view value) {
  if (is_name(value, "chunked")) return ParseError::kNone;
  bool unknown = false;
  bool chunked = false;
  bool misplaced = false;
  visit_list(value, [&](std::string_view item) {
    misplaced = misplaced || chunked;
    chunked = chunked || is_name(item, "chunked");
    unknown = unknown || !is_name(item, "chunked");
    return false;
  });
  return unknown && !misplaced ? ParseError::kNotImplemented : ParseError::kBad;
}

// Content-Length and Transfer-Encoding, as strictly as RFC 9112 §6.1 and §6.3 allow: one of
// either, never both, and no coding but chunked.
ParseError find_framing(Head& head) {
  bool has_length = false;
  bool has_coding = false;
  for (const Field& field : head) {
    if (field.id == FieldId::kContentLength) {
      if (has_length || !parse_length(field.value, head.content_length)) return ParseError::kBad;
      has_length = true;
      head.body = BodyKind::kLength;
    } else if (field.id == FieldId::kTransferEncoding) {
      if (has_coding || head.minor_version == 0) return ParseError::kBad;
      const ParseError error = parse_coding(field.value);
      if (error != ParseError::kNone) return error;
      has_coding = true;
      head.body = BodyKind::kChunked;
    } else if (field.id == FieldId::kConnection) {
      note_connection(field.value, head);
    }
  }
  return has_length && has_coding ? ParseError::kBad : ParseError::kNone;
}

// RFC 9112 §3.2.2: of the schemes that a gateway serves. How the request came, the scheme does not
// say: behind something that terminates TLS, "https" comes in the clear. 0: another one.
size_t scheme_size(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (is_name(target.substr(0, scheme.size()), scheme)) return scheme.size();
  }
  return 0;
}

// RFC 9112 §3.2. CONNECT and its authority-form are not for a reverse proxy.
ParseError parse_target(size_t max_size, RequestHead& head) {
  if (head.target.size() > max_size) return ParseError::kTargetTooLong;
  if (head.target.empty() || !all_chars(head.target, kTargetChar)) return ParseError::kBad;
  if (head.method == "CONNECT") return ParseError::kBad;
  if (head.target == "*") {
    if (head.method != "OPTIONS") return ParseError::kBad;
    head.path_query = head.target;
    head.path = "/";
    return ParseError::kNone;
  }
  head.path_query = head.target;
  if (head.target[0] != '/') {
    const size_t begin = scheme_size(head.target);
    if (begin == 0) return ParseError::kBad;
    const size_t end = head.target.find_first_of("/?", begin);
    head.authority = head.target.substr(begin, end - begin);
    if (head.authority.empty()) return ParseError::kBad;
    if (end == std::string_view::npos) {
      // To ask the server itself (RFC 9112 §3.2.4).
      head.path_query = head.method == "OPTIONS" ? "*" : "/";
      head.path = "/";
      return ParseError::kNone;
    }
    head.path_query = head.target.substr(end);
    // RFC 9110 §4.2.3: an empty path is "/".
    if (head.path_query[0] == '?') {
      head.path = "/";
      return ParseError::kNone;
    }
  }
  head.path = head.path_query.substr(0, head.path_query.find('?'));
  return ParseError::kNone;
}

// Host and, if any, port (RFC 3986 §3.2), without userinfo. The host is not empty: "http" has
// none without (RFC 9110 §4.2.1).
bool is_authority(std::string_view text) {
  if (text.empty() || text.size() > kMaxAuthority) return false;
  size_t end = 0;
  if (text[0] == '[') {
    for (end = 1; end < text.size() && text[end] != ']'; ++end) {
      if (hex_value(text[end]) < 0 && text[end] != ':' && text[end] != '.') return false;
    }
    if (end < 3 || end++ == text.size()) return false;
  } else {
    for (; end < text.size() && text[end] != ':'; ++end) {
      if (!is_char(text[end], kHostChar)) return false;
      if (text[end] != '%') continue;
      if (text.size() - end < 3 || hex_value(text[end + 1]) < 0 || hex_value(text[end + 2]) < 0) {
        return false;
      }
    }
  }
  if (end == 0 || end == text.size()) return end != 0;
  const std::string_view port = text.substr(end + 1);
  uint64_t number = 0;
  if (text[end] != ':' || port.size() > 5) return false;
  return port.empty() || (parse_length(port, number) && number <= 65535);
}

// RFC 9112 §3.2: exactly one Host in HTTP/1.1; the authority of an absolute-form goes before it.
ParseError find_authority(RequestHead& head) {
  const Field* host = nullptr;
  for (const Field& field : head) {
    if (field.id != FieldId::kHost) continue;
    if (host != nullptr) return ParseError::kBad;
    host = &field;
  }
  if (host == nullptr && head.minor_version != 0) return ParseError::kBad;
  if (host != nullptr && !is_authority(host->value)) return ParseError::kBad;
  if (!head.authority.empty()) {
    return is_authority(head.authority) ? ParseError::kNone : ParseError::kBad;
  }
  if (host != nullptr) head.authority = host->value;
  return ParseError::kNone;
}

// "X-Forwarded-" and more, with "_" for "-" in any place: CGI and its like do not tell them apart.
bool is_x_forwarded(std::string_view name) {
  constexpr std::string_view kPrefix = "x-forwarded-";
  if (name.size() <= kPrefix.size()) return false;
  for (size_t i = 0; i < kPrefix.size(); ++i) {
    if ((name[i] == '_' ? '-' : lower(name[i])) != kPrefix[i]) return false;
  }
  return true;
}

FieldId identify_x_forwarded(std::string_view name) {
  if (is_name(name, "x-forwarded-for")) return FieldId::kXForwardedFor;
  if (is_name(name, "x-forwarded-host")) return FieldId::kXForwardedHost;
  if (is_name(name, "x-forwarded-port")) return FieldId::kXForwardedPort;
  if (is_name(name, "x-forwarded-proto")) return FieldId::kXForwardedProto;
  return FieldId::kXForwardedOther;
}

}  // namespace

FieldId identify(std::string_view name) {
  if (is_x_forwarded(name)) return identify_x_forwarded(name);
  switch (name.size()) {
    case 2: return is_name(name, "te") ? FieldId::kTe : FieldId::kOther;
    case 4:
      if (is_name(name, "host")) return FieldId::kHost;
      return is_name(name, "date") ? FieldId::kDate : FieldId::kOther;
    case 6:
      if (is_name(name, "cookie")) return FieldId::kCookie;
      return is_name(name, "expect") ? FieldId::kExpect : FieldId::kOther;
    case 7: return is_name(name, "upgrade") ? FieldId::kUpgrade : FieldId::kOther;
    case 9: return is_name(name, "forwarded") ? FieldId::kForwarded : FieldId::kOther;
    case 10:
      if (is_name(name, "connection")) return FieldId::kConnection;
      return is_name(name, "keep-alive") ? FieldId::kKeepAlive : FieldId::kOther;
    case 13: return is_name(name, "cache-control") ? FieldId::kCacheControl : FieldId::kOther;
    case 14: return is_name(name, "content-length") ? FieldId::kContentLength : FieldId::kOther;
    case 16:
      return is_name(name, "proxy-connection") ? FieldId::kProxyConnection : FieldId::kOther;
    case 17:
      return is_name(name, "transfer-encoding") ? FieldId::kTransferEncoding : FieldId::kOther;
    default: return FieldId::kOther;
  }
}

const Field* Head::find(FieldId id) const {
  for (const Field& field : *this) {
    if (field.id == id) return &field;
  }
  return nullptr;
}

bool Head::connection_lists(std::string_view name) const {
  for (const Field& field : *this) {
    if (field.id != FieldId::kConnection) continue;
    if (visit_list(field.value,
                   [&](std::string_view item) { return equals_ignore_case(item, name); })) {
      return true;
    }
  }
  return false;
}

size_t HeadScanner::scan(std::string_view bytes) {
  while (scanned_ < bytes.size()) {
    const auto* from = bytes.data() + scanned_;
    const auto* found =
        static_cast<const char*>(std::memchr(from, '\n', bytes.size() - scanned_));
    if (found == nullptr) {
      scanned_ = bytes.size();
      return 0;
    }
    const auto at = static_cast<size_t>(found - bytes.data());
    scanned_ = at + 1;
    if (at == line_start_ || bytes[at - 1] != '\r') {
      bad_ = true;
      return 0;
    }
    const bool empty_line = at == line_start_ + 1;
    line_start_ = scanned_;
    if (empty_line) return scanned_;
  }
  return 0;
}

ParseError parse_request_head(std::string_view bytes, const RequestLimits& limits,
                              RequestHead& head) {
  static_cast<HeadFacts&>(head) = HeadFacts();
  head.authority = {};
  if (bytes.size() > limits.head_bytes) return ParseError::kTooLarge;
  const std::string_view line = take_line(bytes);
  const size_t method_end = line.find(' ');
  const size_t target_end = line.rfind(' ');
  if (method_end == std::string_view::npos || method_end == target_end) return ParseError::kBad;
  head.method = line.substr(0, method_end);
  head.target = line.substr(method_end + 1, target_end - method_end - 1);
  if (head.method.empty() || !all_chars(head.method, kTokenChar)) return ParseError::kBad;
  ParseError error = parse_version(line.substr(target_end + 1), head);
  if (error == ParseError::kNone) error = parse_target(limits.target_bytes, head);
  if (error == ParseError::kNone) error = parse_fields(bytes, limits.fields, head);
  if (error == ParseError::kNone) error = find_framing(head);
  if (error == ParseError::kNone) error = find_authority(head);
  return error;
}

ParseError parse_response_head(std::string_view bytes, bool to_head, ResponseHead& head) {
  static_cast<HeadFacts&>(head) = HeadFacts();
  // HTTP-version SP 3DIGIT SP [reason]; some servers leave the last space out.
  const std::string_view line = take_line(bytes);
  if (line.size() < 12 || line[8] != ' ') return ParseError::kBad;
  ParseError error = parse_version(line.substr(0, 8), head);
  if (error != ParseError::kNone) return error;
  uint64_t status = 0;
  if (!parse_length(line.substr(9, 3), status) || status < 100) return ParseError::kBad;
  if (line.size() > 12 && line[12] != ' ') return ParseError::kBad;
  head.status = static_cast<int>(status);
  head.reason = line.size() > 12 ? line.substr(13) : std::string_view();
  if (!all_chars(head.reason, kValueChar)) return ParseError::kBad;
  error = parse_fields(bytes, kMaxFields, head);
  if (error == ParseError::kNone) error = find_framing(head);
  if (error != ParseError::kNone) return error;
  // These have no body, whatever they say; one that says otherwise is not to be trusted
  // (RFC 9112 §6.1).
  const bool bodiless = head.status < 200 || head.status == 204;
  if (bodiless && head.body == BodyKind::kChunked) return ParseError::kBad;
  if (to_head || bodiless || head.status == 304) {
    head.body = BodyKind::kNone;
  } else if (head.body == BodyKind::kNone) {
    head.body = BodyKind::kUntilClose;
  }
  return ParseError::kNone;
}

std::string_view host_of(std::string_view authority) {
  if (authority.starts_with('[')) return authority.substr(0, authority.find(']') + 1);
  return authority.substr(0, authority.find(':'));
}

bool equals_ignore_case(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (lower(a[i]) != lower(b[i])) return false;
  }
  return true;
}

}  // namespace limpet::http
