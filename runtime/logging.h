// spdlog to stderr, one plain line per event: "2025-01-31T12:00:00.123Z info  message".
#pragma once

#include <string_view>

#include <absl/status/status.h>

namespace limpet {

// Sets spdlog's default logger. Levels: trace, debug, info, warn, error, off.
// INVALID_ARGUMENT for any other name.
absl::Status init_logging(std::string_view level);

}  // namespace limpet
