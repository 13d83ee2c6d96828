// Targets of requests: path segments and parameters.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <absl/status/statusor.h>

namespace limpet {

struct Target {
  std::vector<std::string> path;  // "/v1/services" -> "v1", "services"
  std::map<std::string, std::string> parameters;
};

// RFC 3986, section 2.1, and in parameters "+" for a space, as forms have it. INVALID_ARGUMENT: an
// escape that is none, text that is not UTF-8 or has control characters, a parameter that occurs
// twice.
absl::StatusOr<Target> parse_target(std::string_view target);

// "true", "1" or nothing at all (as in "?validateOnly"); "false" or "0".
absl::StatusOr<bool> parse_bool(std::string_view name, const std::string& text);
absl::StatusOr<uint64_t> parse_number(std::string_view name, const std::string& text, uint64_t max);

}  // namespace limpet
