// Another reader of HTTP/1: an obvious one, written line by line from RFC 9112, which knows nothing
// but the strict grammar. Whatever the gateway takes for one message must be exactly that to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::fuzz {

// Each function returns where the thing ends; nullopt: not acceptable, or not whole.

struct Lines {
  std::string first;
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
  size_t size = 0;

  std::vector<std::string> values(const std::string& name) const;
};

std::optional<Lines> read_head(std::string_view text);

// The chunks, the last one and the trailers, from `at` on.
std::optional<size_t> read_chunks(std::string_view text, size_t at);

struct OtherMessage {
  size_t head = 0;
  std::optional<size_t> end;  // of a body that says where it ends
  bool until_close = false;
};

std::optional<OtherMessage> read_request(std::string_view text);
std::optional<OtherMessage> read_response(std::string_view text, bool to_head);

std::string lower_case(std::string text);
// Without spaces and tabs at its ends.
std::string without_space(std::string_view text);
// Its members, without the empty ones.
std::vector<std::string> split_list(std::string_view text, char separator);

}  // namespace limpet::fuzz
