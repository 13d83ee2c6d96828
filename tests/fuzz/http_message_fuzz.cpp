// What a client or an endpoint may send to a node, as a stream of bytes. Whatever is taken for one
// request or response must be exactly that to another reader: an obvious one, written line by line
// from RFC 9112, which knows nothing but the strict grammar. And the pieces in which the bytes
// come do not matter.
#include <optional>

#include "proxy/http/body_framing.h"
#include "proxy/http/head.h"
#include "tests/fuzz/fuzz.h"

namespace limpet::fuzz {
namespace {

constexpr std::string_view kEnd = "\r\n";

// ---- The other reader. Each returns where the thing ends; nullopt: not acceptable, or not whole.

struct Lines {
  std::string first;
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
  size_t size = 0;

  std::vector<std::string> values(const std::string& name) const {
    std::vector<std::string> found;
    for (const auto& [key, value] : fields) {
      if (key == name) found.push_back(value);
    }
    return found;
  }
};

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

bool only(const std::string& text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string::npos;
}

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";
constexpr std::string_view kToken =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

// A line without its end; no control characters but tabs.
std::optional<std::string> line_at(std::string_view text, size_t at) {
  const size_t end = text.find(kEnd, at);
  if (end == std::string_view::npos) return std::nullopt;
  std::string line(text.substr(at, end - at));
  for (const char c : line) {
    const auto code = static_cast<unsigned char>(c);
    if ((code < 0x20 && c != '\t') || code == 0x7f) return std::nullopt;
  }
  return line;
}

std::string without_space(const std::string& text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string::npos) return "";
  return text.substr(begin, text.find_last_not_of(" \t") + 1 - begin);
}

// Fields up to the empty line, which is part of them.
std::optional<size_t> read_fields(std::string_view text, size_t at, Lines& lines) {
  for (;;) {
    const auto line = line_at(text, at);
    if (!line) return std::nullopt;
    at += line->size() + kEnd.size();
    if (line->empty()) return at;
    const size_t colon = line->find(':');
    if (colon == std::string::npos || !only(line->substr(0, colon), kToken)) return std::nullopt;
    lines.fields.emplace_back(lower(line->substr(0, colon)),
                              without_space(line->substr(colon + 1)));
  }
}

std::optional<Lines> read_head(std::string_view text) {
  Lines lines;
  const auto first = line_at(text, 0);
  if (!first) return std::nullopt;
  lines.first = *first;
  const auto end = read_fields(text, first->size() + kEnd.size(), lines);
  if (!end) return std::nullopt;
  lines.size = *end;
  return lines;
}

std::optional<size_t> read_chunks(std::string_view text, size_t at) {
  for (;;) {
    const auto line = line_at(text, at);
    if (!line) return std::nullopt;
    const std::string size = line->substr(0, line->find(';'));
    if (!only(size, kHexDigits) || size.size() > 15) return std::nullopt;
    at += line->size() + kEnd.size();
    const uint64_t data = std::stoull(size, nullptr, 16);
    if (data == 0) break;
    if (text.size() - at < data || text.substr(at + data, kEnd.size()) != kEnd) {
      return std::nullopt;
    }
    at += data + kEnd.size();
  }
  Lines trailers;
  const auto end = read_fields(text, at, trailers);
  for (const char* name : {"content-length", "transfer-encoding", "host", "connection"}) {
    if (!trailers.values(name).empty()) return std::nullopt;
  }
  return end;
}

struct Other {
  size_t head = 0;
  std::optional<size_t> end;  // of a body that says where it ends
  bool until_close = false;
};

// RFC 9112 §6.3, for both kinds of messages.
std::optional<Other> read_framed(std::string_view text, const Lines& lines, bool new_version) {
  const auto lengths = lines.values("content-length");
  const auto codings = lines.values("transfer-encoding");
  if (lengths.size() + codings.size() > 1) return std::nullopt;
  Other other{lines.size, lines.size};
  if (codings.size() == 1) {
    if (!new_version || lower(codings[0]) != "chunked") return std::nullopt;
    other.end = read_chunks(text, lines.size);
  } else if (lengths.size() == 1) {
    if (!only(lengths[0], kDigits) || lengths[0].size() > 18) return std::nullopt;
    const uint64_t size = std::stoull(lengths[0]);
    other.end =
        text.size() - lines.size < size ? std::nullopt : std::optional<size_t>(lines.size + size);
  } else {
    other.until_close = true;
  }
  return other;
}

std::optional<Other> read_request(std::string_view text) {
  const auto lines = read_head(text);
  if (!lines) return std::nullopt;
  const std::string& first = lines->first;
  const size_t one = first.find(' ');
  const size_t two = one == std::string::npos ? one : first.find(' ', one + 1);
  if (two == std::string::npos || first.find(' ', two + 1) != std::string::npos) {
    return std::nullopt;
  }
  const std::string version = first.substr(two + 1);
  const bool known = version.size() == 8 && version.starts_with("HTTP/1.");
  if (!known || !only({version[7]}, kDigits)) return std::nullopt;
  const bool new_version = version[7] != '0';
  if (!only(first.substr(0, one), kToken) || two == one + 1) return std::nullopt;
  const size_t hosts = lines->values("host").size();
  if (hosts > 1 || (new_version && hosts == 0)) return std::nullopt;
  auto other = read_framed(text, *lines, new_version);
  if (other) other->until_close = false;  // a request without length has no body
  return other;
}

std::optional<Other> read_response(std::string_view text, bool to_head) {
  const auto lines = read_head(text);
  if (!lines) return std::nullopt;
  const std::string& first = lines->first;
  if (!first.starts_with("HTTP/1.") || first.size() < 12 || first[8] != ' ' ||
      !only({first[7]}, kDigits)) {
    return std::nullopt;
  }
  const bool new_version = first[7] != '0';
  const std::string status = first.substr(9, 3);
  if (status.size() != 3 || !only(status, kDigits)) return std::nullopt;
  if (first.size() > 12 && first[12] != ' ') return std::nullopt;
  const auto other = read_framed(text, *lines, new_version);
  const bool bodiless = to_head || status[0] == '1' || status == "204" || status == "304";
  return other && bodiless ? Other{lines->size, lines->size} : other;
}

// ---- The one that is tested.

struct Taken {
  size_t head = 0;
  size_t end = 0;  // of what was taken of the body
  bool complete = false;
  bool failed = false;
  bool operator==(const Taken&) const = default;
};

// In pieces of that size, as they would come.
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
  http::BodyFraming body(head);
  taken.end = taken.head;
  while (!body.complete() && !body.failed() && taken.end < text.size()) {
    taken.end += body.take(text.substr(taken.end, step));
  }
  taken.complete = body.complete();
  taken.failed = body.failed();
  return taken;
}

template <typename Message, typename Parse>
std::optional<Taken> take_in_pieces(std::string_view text, Parse&& parse) {
  Message head;
  const auto whole = take(text, text.size(), head, parse);
  for (const size_t step : {1, 7}) {
    const auto pieces = take(text, step, head, parse);
    require(whole == pieces, "the pieces in which bytes come do not matter");
  }
  return whole;
}

void agree(const std::optional<Taken>& taken, const std::optional<Other>& other) {
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

}  // namespace

std::vector<std::string> seeds() {
  return {
      "GET /a?b HTTP/1.1\r\nHost: h\r\nCookie: a=1\r\n\r\nGET /b HTTP/1.0\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h:80\r\nContent-Length: 5\r\n\r\nhelloGET / HTTP/1.1\r\n"
      "Host: [::1]:8080\r\nConnection: close\r\n\r\n",
      "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTE: trailers\r\n\r\n"
      "5;a=\"b\"\r\nhello\r\n0a\r\n0123456789\r\n0\r\nDigest: x\r\nA:\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\nGET http://a.b/c HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "GET / HTTP/1.1\nHost : h\r\n folded\r\n\r\n",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
      "HTTP/1.1 204 No Content\r\nDate: x\r\n\r\nHTTP/1.0 200\r\n\r\nuntil the end",
      "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\nSet-Cookie: a=b\r\n\r\n",
  };
}

}  // namespace limpet::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace limpet;
  using namespace limpet::fuzz;
  for (std::string_view text = text_of(data, size); !text.empty();) {
    const auto request = take_in_pieces<http::RequestHead>(
        text, [](std::string_view bytes, http::RequestHead& head) {
          return http::parse_request_head(bytes, {}, head);
        });
    agree(request, read_request(text));
    bool ended = request && request->complete;
    size_t end = ended ? request->end : 0;
    for (const bool to_head : {true, false}) {
      const auto response = take_in_pieces<http::ResponseHead>(
          text, [to_head](std::string_view bytes, http::ResponseHead& head) {
            return http::parse_response_head(bytes, to_head, head);
          });
      agree(response, read_response(text, to_head));
      require(!(request && response), "nothing is both");
      if (response && response->complete) end = response->end;
      ended = ended || (response && response->complete);
    }
    if (!ended) break;
    text.remove_prefix(end);
  }
  return 0;
}
