#include "tests/fuzz/http_reader.h"

#include <algorithm>

namespace limpet::fuzz {
namespace {

constexpr std::string_view kEnd = "\r\n";
constexpr std::string_view kDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";
constexpr std::string_view kToken =
    "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

bool only(const std::string& text, std::string_view allowed) {
  return !text.empty() && text.find_first_not_of(allowed) == std::string::npos;
}

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

// Fields up to the empty line, which is part of them.
std::optional<size_t> read_fields(std::string_view text, size_t at, Lines& lines) {
  for (;;) {
    const auto line = line_at(text, at);
    if (!line) return std::nullopt;
    at += line->size() + kEnd.size();
    if (line->empty()) return at;
    const size_t colon = line->find(':');
    if (colon == std::string::npos || !only(line->substr(0, colon), kToken)) return std::nullopt;
    lines.fields.emplace_back(lower_case(line->substr(0, colon)),
                              without_space(line->substr(colon + 1)));
  }
}

// RFC 9112 §6.3, for both kinds of messages.
std::optional<OtherMessage> read_framed(std::string_view text, const Lines& lines,
                                        bool new_version) {
  const auto lengths = lines.values("content-length");
  const auto codings = lines.values("transfer-encoding");
  if (lengths.size() + codings.size() > 1) return std::nullopt;
  OtherMessage other{lines.size, lines.size};
  if (codings.size() == 1) {
    if (!new_version || lower_case(codings[0]) != "chunked") return std::nullopt;
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

}  // namespace

std::vector<std::string> Lines::values(const std::string& name) const {
  std::vector<std::string> found;
  for (const auto& [key, value] : fields) {
    if (key == name) found.push_back(value);
  }
  return found;
}

std::string lower_case(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

std::string without_space(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t") + 1 - begin));
}

std::vector<std::string> split_list(std::string_view text, char separator) {
  std::vector<std::string> members;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(separator, begin), text.size());
    const std::string member = without_space(text.substr(begin, end - begin));
    if (!member.empty()) members.push_back(member);
    begin = end + 1;
  }
  return members;
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

std::optional<OtherMessage> read_request(std::string_view text) {
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

std::optional<OtherMessage> read_response(std::string_view text, bool to_head) {
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
  return other && bodiless ? OtherMessage{lines->size, lines->size} : other;
}

}  // namespace limpet::fuzz
