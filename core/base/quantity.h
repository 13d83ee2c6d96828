// Durations and sizes as Kubernetes writes them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace limpet {

// "1h30m", "10s", "500ms": GEP-2257's format, one to four numbers of at most five digits, each with
// its unit; the sum counts. Nothing when the text has another form.
std::optional<int64_t> parse_duration_ms(std::string_view text);

// A whole number with or without Ki, Mi, k or M: the quantities that sizes in bytes are written as.
// Nothing when the text has another form, or is more than 2^40.
std::optional<int64_t> parse_bytes(std::string_view text);

}  // namespace limpet
