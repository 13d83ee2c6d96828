// Where a body ends, by three readers: ours; one that is written word by word from RFC 9112 §6.3
// and knows nothing else; and Beast's basic_parser. The heads come from a grammar of what attackers
// do to the fields that frame, always the same ones.
#include <array>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>

#include "proxy/http/body_framing.h"
#include "proxy/http/head.h"

namespace limpet::http {
namespace {

namespace beast = boost::beast::http;

constexpr int kHeads = 100'000;

class Generator {
 public:
  explicit Generator(unsigned seed) : engine_(seed) {}

  std::string request() {
    std::string text =
        pick({"GET", "POST", "POST", "HEAD", "OPTIONS", "get", "M-1", "G(T", "CONNECT"});
    text += " /a?b " + version() + "\r\nHost: h\r\n" + fields();
    return text + "\r\n";
  }
  std::string response() {
    std::string text = version() + (below(8) > 0 ? " " : pick({"  ", "\t", ""}));
    text += pick({"200", "200", "200", "200", "404", "500", "100", "103", "204", "304", "199",
                  "999", "099", "20", "2000"});
    text += pick({" OK", " OK", " OK", " OK", " ", "", " caf\xe9", "x"}) + "\r\n" + fields();
    return text + "\r\n";
  }
  size_t below(size_t bound) { return engine_() % bound; }

 private:
  using Choices = std::initializer_list<const char*>;

  std::string pick(Choices choices) { return *(choices.begin() + below(choices.size())); }
  std::string version() {
    if (below(2) == 0) return "HTTP/1.1";
    return pick({"HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/1.0", "HTTP/1.2",
                 "HTTP/1.9", "HTTP/2.0", "HTTP/0.9", "HTTP/1.10", "http/1.1", "HTTP/1",
                 "HTTP/1,1"});
  }
  std::string fields() {
    std::string text = pick({"", "", "A: b\r\n", "A: b\r\n", "A: b\r\n c\r\n"});
    static constexpr std::array<int, 6> kCounts{0, 1, 1, 1, 2, 3};
    for (int left = kCounts[below(kCounts.size())]; left > 0; --left) {
      text += below(2) == 0 ? length() : coding();
    }
    // A byte that says something else, now and then.
    static constexpr std::string_view kBytes("\0\r\n \t:,;x5+-\x0b\x7f\xe9\"", 17);
    if (!text.empty() && below(8) == 0) text[below(text.size())] = kBytes[below(kBytes.size())];
    return text;
  }
  std::string length() {
    return pick({"Content-Length:", "Content-Length:", "content-length:", "CONTENT-LENGTH:",
                 "Content-Length :", "Content-Length\t:", "Content_Length:", "Content-Lengths:",
                 "Content-Length;"}) +
           pick({" ", " ", "", " \t "}) +
           pick({"0",
                 "3",
                 "3",
                 "3",
                 "3",
                 "3",
                 "17",
                 "003",
                 "+3",
                 "-3",
                 "3, 3",
                 "3,",
                 "",
                 "0x3",
                 "1e1",
                 "3 3",
                 "\"3\"",
                 "999999999999999999",
                 "9999999999999999999",
                 "18446744073709551619",
                 "3;"}) +
           pick({"", "", " ", "\t"}) + "\r\n";
  }
  std::string coding() {
    return pick({"Transfer-Encoding:", "transfer-encoding:", "TRANSFER-ENCODING:", "TE:",
                 "Transfer-Encoding :", "Transfer_Encoding:", "Transfer-Encodings:"}) +
           pick({" ", " ", "", " \t "}) +
           pick({"chunked",       "chunked",          "chunked",  "chunked",  "chunked",
                 "chunked",       "Chunked",          "CHUNKED",  "gzip",     "gzip, chunked",
                 "chunked, gzip", "chunked, chunked", "chunked,", ",chunked", "xchunked",
                 "chunkedx",      "chunked;q=1",      "",         "identity", "chun ked",
                 "\"chunked\"",   "chunked\x0b"}) +
           pick({"", "", " ", "\t"}) + "\r\n";
  }

  std::mt19937 engine_;
};

struct Framed {
  BodyKind body = BodyKind::kNone;
  uint64_t length = 0;
  bool operator==(const Framed&) const = default;
};

std::ostream& operator<<(std::ostream& out, const Framed& framed) {
  return out << static_cast<int>(framed.body) << "/" << framed.length;
}

// ---- The reference. Nothing: not to be accepted.

bool only(std::string_view text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string_view::npos;
}

constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kToken =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

std::string lower(std::string_view text) {
  std::string result;
  for (const char c : text) result += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

struct Lines {
  std::string first;
  std::vector<std::string> lengths;
  std::vector<std::string> codings;
};

bool has_control(std::string_view line) {
  for (const char c : line) {
    const auto code = static_cast<unsigned char>(c);
    if ((code < 0x20 && c != '\t') || code == 0x7f) return true;
  }
  return false;
}

// §2.2 and §5: lines end with CR LF, which are nowhere else; names are tokens before a colon.
std::optional<Lines> read_lines(std::string_view text) {
  Lines lines;
  for (bool first = true;; first = false) {
    const size_t end = text.find("\r\n");
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 2);
    if (line.empty() && !first) return text.empty() ? std::optional(lines) : std::nullopt;
    if (has_control(line)) return std::nullopt;
    if (first) {
      lines.first = line;
      continue;
    }
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !only(line.substr(0, colon), kToken))
      return std::nullopt;
    std::string value(line.substr(colon + 1));
    while (!value.empty() && (value.front() == ' ' || value.front() == '\t')) value.erase(0, 1);
    while (!value.empty() && (value.back() == ' ' || value.back() == '\t')) value.pop_back();
    const std::string name = lower(line.substr(0, colon));
    if (name == "content-length") lines.lengths.push_back(value);
    if (name == "transfer-encoding") lines.codings.push_back(lower(value));
  }
}

// §2.3: HTTP/1.x. The digit.
std::optional<char> minor_of(std::string_view version) {
  if (version.size() != 8 || version.substr(0, 7) != "HTTP/1.") return std::nullopt;
  return only(version.substr(7), kDigits) ? std::optional(version[7]) : std::nullopt;
}

// §6.3, 3 to 5, where a choice is left as this gateway has made it: whatever is faulty is refused.
// kNone: neither field is there.
std::optional<Framed> framing_of(const Lines& lines, char minor) {
  if (!lines.codings.empty()) {
    const bool sound = minor != '0' && lines.lengths.empty() && lines.codings.size() == 1 &&
                       lines.codings[0] == "chunked";
    return sound ? std::optional(Framed{BodyKind::kChunked, 0}) : std::nullopt;
  }
  if (lines.lengths.empty()) return Framed{};
  const std::string& length = lines.lengths[0];
  if (lines.lengths.size() > 1 || !only(length, kDigits) || length.size() > 18) return std::nullopt;
  return Framed{BodyKind::kLength, std::stoull(length)};
}

std::optional<Framed> reference_request(std::string_view text) {
  const auto lines = read_lines(text);
  if (!lines) return std::nullopt;
  std::string_view line = lines->first;
  std::vector<std::string_view> words;
  for (size_t space; (space = line.find(' ')) != std::string_view::npos;) {
    words.push_back(line.substr(0, space));
    line.remove_prefix(space + 1);
  }
  words.push_back(line);
  if (words.size() != 3 || !only(words[0], kToken) || words[0] == "CONNECT") return std::nullopt;
  const auto minor = minor_of(words[2]);
  return minor ? framing_of(*lines, *minor) : std::nullopt;  // §6.3, 7: no body else
}

std::optional<Framed> reference_response(std::string_view text, bool to_head) {
  const auto lines = read_lines(text);
  if (!lines) return std::nullopt;
  const std::string& line = lines->first;
  const auto minor = minor_of(std::string_view(line).substr(0, 8));
  if (!minor || line.size() < 12 || line[8] != ' ') return std::nullopt;
  const std::string status = line.substr(9, 3);
  if (!only(status, kDigits) || status[0] == '0') return std::nullopt;
  if (line.size() > 12 && line[12] != ' ') return std::nullopt;
  const auto framed = framing_of(*lines, *minor);
  if (!framed) return std::nullopt;
  const bool bodiless = status[0] == '1' || status == "204";
  if (bodiless && framed->body == BodyKind::kChunked) return std::nullopt;             // §6.1
  if (to_head || bodiless || status == "304") return Framed{};                         // §6.3, 1
  return framed->body == BodyKind::kNone ? Framed{BodyKind::kUntilClose, 0} : framed;  // 8
}

// ---- Ours, of bytes that come in pieces.

template <typename Message, typename Parse>
std::optional<Framed> ours(std::string_view text, size_t step, Message& head, Parse&& parse) {
  HeadScanner scanner;
  size_t size = 0;
  for (size_t come = step; size == 0; come += step) {
    size = scanner.scan(text.substr(0, come));
    if (scanner.bad() || (size == 0 && come >= text.size())) return std::nullopt;
  }
  if (size != text.size() || parse(text, head) != ParseError::kNone) return std::nullopt;
  return Framed{head.body, head.body == BodyKind::kLength ? head.content_length : 0};
}

// What the framing makes of a body with something behind it, in pieces: it takes that body.
void expect_taken(const Head& head, const Framed& framed, size_t step) {
  static constexpr std::string_view kChunks =
      "3;a\r\nabc\r\n0B\r\n01234567890\r\n0\r\nA: b\r\n\r\n";
  std::string text = framed.body == BodyKind::kChunked ? std::string(kChunks) : "";
  size_t body = text.size();
  text += "HTTP/1.1 0\r\n\r\n";
  bool open = framed.body == BodyKind::kUntilClose;
  if (framed.body == BodyKind::kLength) {
    open = framed.length > text.size();
    body = open ? text.size() : framed.length;
  }
  BodyFraming framing(head);
  size_t taken = 0;
  while (taken < text.size() && !framing.complete() && !framing.failed()) {
    taken += framing.take(std::string_view(text).substr(taken, step));
  }
  EXPECT_EQ(taken, framed.body == BodyKind::kUntilClose ? text.size() : body);
  EXPECT_EQ(framing.complete(), !open);
  EXPECT_EQ(framing.take_end(), !open || framed.body == BodyKind::kUntilClose);
}

// ---- Beast. Nothing: not accepted.

template <bool is_request>
std::optional<Framed> beasts(std::string text, bool to_head) {
  beast::parser<is_request, beast::string_body> parser;
  parser.body_limit(boost::none);
  if (to_head) parser.skip(true);
  // It knows no later versions: those are 1.1.
  const size_t minor = text.find("HTTP/1.") + 7;
  if (text[minor] > '1' && text[minor] <= '9') text[minor] = '1';
  // And wants the space before a reason that is not there.
  const size_t line = text.find("\r\n");
  if (!is_request && line == 12) text.insert(line, " ");
  boost::beast::error_code error;
  const size_t size = parser.put(boost::asio::buffer(text), error);
  if (error && error != beast::error::need_more) return std::nullopt;
  if (size != text.size() || !parser.is_header_done()) return std::nullopt;
  if (parser.is_done()) return Framed{};
  if (parser.chunked()) return Framed{BodyKind::kChunked, 0};
  if (parser.content_length()) return Framed{BodyKind::kLength, *parser.content_length()};
  return Framed{parser.need_eof() ? BodyKind::kUntilClose : BodyKind::kNone, 0};
}

struct Counts {
  int accepted = 0;
  std::array<int, 4> of_kind{};
};

void agree(const std::string& text, const std::optional<Framed>& own,
           const std::optional<Framed>& reference, const std::optional<Framed>& other,
           Counts& counts) {
  ASSERT_EQ(own.has_value(), reference.has_value()) << ::testing::PrintToString(text);
  if (!own) return;
  ASSERT_EQ(*own, *reference) << ::testing::PrintToString(text);
  ASSERT_TRUE(other.has_value()) << ::testing::PrintToString(text);
  // It takes a body of no bytes for none.
  const bool empty = own->body == BodyKind::kLength && own->length == 0;
  ASSERT_EQ(*other, empty ? Framed{} : *own) << ::testing::PrintToString(text);
  ++counts.accepted;
  ++counts.of_kind[static_cast<size_t>(own->body)];
}

TEST(BodyFramingDifferential, ThreeReadersFrameRequestsAlike) {
  Generator generator(9112);
  Counts counts;
  for (int i = 0; i < kHeads && !HasFatalFailure(); ++i) {
    const std::string text = generator.request();
    const size_t step = 1 + generator.below(text.size());
    RequestHead head;
    const auto own = ours(text, step, head, [](std::string_view bytes, RequestHead& into) {
      return parse_request_head(bytes, RequestLimits{}, into);
    });
    agree(text, own, reference_request(text), beasts<true>(text, false), counts);
    if (own) expect_taken(head, *own, step);
  }
  EXPECT_GT(counts.accepted, kHeads / 10);
  EXPECT_GT(counts.of_kind[static_cast<size_t>(BodyKind::kLength)], kHeads / 250);
  EXPECT_GT(counts.of_kind[static_cast<size_t>(BodyKind::kChunked)], kHeads / 250);
}

TEST(BodyFramingDifferential, ThreeReadersFrameResponsesAlike) {
  Generator generator(9110);
  Counts counts;
  for (int i = 0; i < kHeads && !HasFatalFailure(); ++i) {
    const std::string text = generator.response();
    const size_t step = 1 + generator.below(text.size());
    const bool to_head = generator.below(4) == 0;
    ResponseHead head;
    const auto own = ours(text, step, head, [to_head](std::string_view bytes, ResponseHead& into) {
      return parse_response_head(bytes, to_head, into);
    });
    agree(text, own, reference_response(text, to_head), beasts<false>(text, to_head), counts);
    if (own) expect_taken(head, *own, step);
  }
  EXPECT_GT(counts.accepted, kHeads / 20);
  for (const int count : counts.of_kind) EXPECT_GT(count, kHeads / 250);
}

}  // namespace
}  // namespace limpet::http
