#include "examples/echo/answer.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace limpet::echo {
namespace {

constexpr uint64_t kMaxDelayMs = 600'000;

std::string json_string(std::string_view text) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte >= 0x7F) {
      // Header values are bytes, not text of a known encoding: each is shown as Latin-1.
      out += "\\u00";
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    } else {
      out += c;
    }
  }
  return out += '"';
}

std::string inspect(const RequestHead& head) {
  std::string out = "{\"method\": " + json_string(head.method_string()) +
                    ", \"target\": " + json_string(head.target()) + ", \"version\": \"" +
                    std::to_string(head.version() / 10) + "." +
                    std::to_string(head.version() % 10) + "\"}\n";
  for (const auto& field : head) {
    out += "{\"name\": " + json_string(field.name_string()) +
           ", \"value\": " + json_string(field.value()) + "}\n";
  }
  return out;
}

std::optional<uint64_t> query_number(std::string_view target, std::string_view name) {
  const std::string_view text = query_value(target, name);
  uint64_t value = 0;
  const auto [stop, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (failed != std::errc() || stop != text.data() + text.size()) return std::nullopt;
  return value;
}

void set_body(Answer& answer, std::string body) {
  answer.size = body.size();
  answer.pattern = std::move(body);
}

Answer default_answer(const Options& options) {
  Answer answer;
  answer.status = options.status;
  answer.chunked = options.chunked;
  answer.delay = options.delay;
  set_body(answer, options.body.empty() ? options.name + "\n" : options.body);
  if (options.body_size > 0) answer.size = options.body_size;
  return answer;
}

}  // namespace

std::string_view query_value(std::string_view target, std::string_view name) {
  const size_t question = target.find('?');
  if (question == std::string_view::npos) return {};
  std::string_view query = target.substr(question + 1);
  while (!query.empty()) {
    const size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') {
      return pair.substr(name.size() + 1);
    }
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return {};
}

void fill(std::string_view pattern, uint64_t offset, char* out, size_t size) {
  size_t at = offset % pattern.size();
  while (size > 0) {
    const size_t part = std::min(size, pattern.size() - at);
    out = std::copy_n(pattern.data() + at, part, out);
    size -= part;
    at = 0;
  }
}

Answer answer_for(const Options& options, const RequestHead& head) {
  const std::string_view target(head.target().data(), head.target().size());
  const std::string_view path = target.substr(0, target.find('?'));
  Answer answer = default_answer(options);
  if (path == "/inspect") {
    answer.status = 200;
    answer.content_type = "application/x-ndjson";
    set_body(answer, inspect(head));
  } else if (path == "/echo") {
    answer.kind = Answer::Kind::kEcho;
    answer.status = 200;
    const auto type = head[boost::beast::http::field::content_type];
    if (!type.empty()) answer.content_type = std::string(type);
  } else if (path == "/slow") {
    const uint64_t ms = query_number(target, "ms").value_or(0);
    answer.delay += std::chrono::milliseconds(std::min(ms, kMaxDelayMs));
  } else if (path == "/bytes") {
    answer.status = 200;
    answer.content_type = "application/octet-stream";
    set_body(answer, "0123456789abcdef");
    answer.size = query_number(target, "n").value_or(0);
    answer.chunked = options.chunked || query_value(target, "chunked") == "1";
  } else if (path == "/status") {
    const uint64_t code = query_number(target, "code").value_or(0);
    if (code >= 200 && code <= 599) answer.status = static_cast<unsigned>(code);
  } else if (path == "/close") {
    answer.kind = Answer::Kind::kClose;
  }
  return answer;
}

}  // namespace limpet::echo
